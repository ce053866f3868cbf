// The file of a DuckDB database as a thing that may be lost: opened behind a
// marker, moved aside when it cannot be opened.

#ifndef CRM_SHARED_STORAGE_DUCKDB_DUCK_FILE_H_
#define CRM_SHARED_STORAGE_DUCKDB_DUCK_FILE_H_

#include <duckdb.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/storage/duckdb/duck_database.h"
#include "shared/storage/file_lock.h"

namespace crm {

// An open file, locked against other processes. Thread-compatible.
class DuckFile final {
 public:
  // Opens or creates it, with the network and other files switched off. Returns
  // the errors of DuckDatabase::Open().
  static absl::StatusOr<std::unique_ptr<DuckFile>> Open(
      const DuckOptions& options);

  // Closes the file; all connections are closed before.
  ~DuckFile();
  DuckFile(const DuckFile&) = delete;
  DuckFile& operator=(const DuckFile&) = delete;

  // Closes the file, as long as it is not closed, and opens it again as it is,
  // with what its log holds; it is never moved aside. All connections are
  // closed before. Returns UNAVAILABLE STORAGE_UNUSABLE if it cannot be opened:
  // then it stays closed.
  absl::Status Reopen(const DuckOptions& options);

  // Null while it is closed.
  duckdb_database database() const { return database_; }
  bool rebuilt() const { return rebuilt_; }

 private:
  DuckFile(std::unique_ptr<FileLock> lock, duckdb_database database,
           bool rebuilt)
      : lock_(std::move(lock)), database_(database), rebuilt_(rebuilt) {}

  const std::unique_ptr<FileLock> lock_;
  duckdb_database database_;
  const bool rebuilt_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_DUCKDB_DUCK_FILE_H_
