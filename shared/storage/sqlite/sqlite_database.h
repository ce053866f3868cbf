// The embedded engine: a Database in one SQLite file.
//
// One thread owns the only connection that writes and checkpoints, because the
// SQLite of Debian 12 can lose commits when two connections do (its WAL-reset
// bug); a lock file keeps other processes out. Writes that have arrived
// together share one commit at synchronous=FULL; one that fails takes back what
// is its own and nothing else. Reads use read-only connections. None reads in a
// snapshot for longer than `read_limit`, and one that nobody reads in is given
// up before the write-ahead log is emptied, so that the log stays small.

#ifndef CRM_SHARED_STORAGE_SQLITE_SQLITE_DATABASE_H_
#define CRM_SHARED_STORAGE_SQLITE_SQLITE_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm {

struct SqliteOptions {
  // The database file; its folder exists. `<path>.lock` is created beside it.
  std::string path;
  // Compared with deadlines; outlives the database. The machine's when null.
  const Clock* clock = nullptr;

  int readers = 4;
  absl::Duration read_limit = absl::Seconds(2);
  // Most of a store lies beyond what a reader keeps of it, and what is not
  // mapped is read by a call for each page. SQLite maps no more than this.
  int64_t reader_mmap_bytes = int64_t{2} << 30;

  size_t max_queued_writes = 4096;
  size_t max_group_size = 512;
  int64_t writer_cache_bytes = int64_t{64} << 20;

  // The write-ahead log is copied into the file beyond the first size, and
  // truncated beyond the second.
  int64_t checkpoint_bytes = int64_t{4} << 20;
  int64_t truncate_bytes = int64_t{64} << 20;

  // Writes are refused while the disk has less than either of these free.
  int64_t min_free_bytes = int64_t{512} << 20;
  double min_free_fraction = 0.10;
  // The size of a file beside the database that is given up when the disk is
  // full, so that the log can still be copied; zero keeps none.
  int64_t ballast_bytes = 0;

  // Where Migrate() puts a copy of a store that it is about to change, made by
  // itself, as `<name>-before-<what is to come>.db`; empty takes none.
  std::string snapshot_folder = {};

  // SQLite's locks do not hold on NFS, SMB and FUSE; this trusts them anyway.
  bool allow_network_filesystem = false;

  // The layer between SQLite and the operating system, by the name it was
  // registered under; empty takes SQLite's default. Tests put a faulty disk
  // there.
  std::string vfs = {};
};

// Opens, or creates, the database.
//
// Returns FAILED_PRECONDITION DATABASE_LOCKED when another process, or another
// Database of this one, has it open; FAILED_PRECONDITION NETWORK_FILESYSTEM;
// UNAVAILABLE STORAGE_UNUSABLE when the file cannot be opened or is no
// database.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(
    const SqliteOptions& options);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SQLITE_DATABASE_H_
