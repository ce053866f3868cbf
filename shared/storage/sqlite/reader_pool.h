// The read-only connections of one SQLite file, lent to one reader each.
//
// To begin and end a transaction costs more than to read a row. So a connection
// keeps its snapshot while nothing has been committed since, and the next
// reader goes on with it. While the writer checkpoints none is kept, or the log
// could not be emptied.

#ifndef CRM_SHARED_STORAGE_SQLITE_READER_POOL_H_
#define CRM_SHARED_STORAGE_SQLITE_READER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/sqlite/connection.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

// Thread-safe.
class ReaderPool final {
 public:
  // Opens all connections of the existing file. Returns UNAVAILABLE
  // STORAGE_UNUSABLE. `version` grows with each commit, after it and before it
  // is acknowledged. `clock` and `version` outlive the pool.
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Open(
      const SqliteOptions& options, const std::atomic<int64_t>& version,
      const Clock& clock);

  // Closes.
  ~ReaderPool();

  // Database::Read().
  absl::Status Read(absl::Time deadline, Database::ReadBody body);

  // Sets whether connections may keep their snapshots. If not, those that have
  // one and are not lent let go of it before this returns, and the others when
  // their readers are done.
  void KeepSnapshots(bool keep);

  // Refuses new readers, interrupts those that run, and returns once all are
  // done and their connections closed.
  void Close();

 private:
  struct Reader {
    std::unique_ptr<SqliteConnection> connection;
    // What its snapshot holds, if it has one.
    int64_t version = 0;
  };

  ReaderPool(const std::atomic<int64_t>& version, const Clock& clock,
             absl::Duration read_limit)
      : version_(version), clock_(clock), read_limit_(read_limit) {}

  absl::StatusOr<Reader> Borrow(absl::Time deadline);
  void Return(Reader reader);
  // Sees to it that the transaction of `reader` holds what is committed.
  absl::Status Begin(Reader& reader) const;
  bool MayKeep(const Reader& reader) const;

  const std::atomic<int64_t>& version_;
  const Clock& clock_;
  const absl::Duration read_limit_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> keep_snapshots_ = true;

  std::mutex mutex_;
  std::condition_variable changed_;
  // The last one returned is lent first: its page cache is warm.
  std::vector<Reader> idle_;
  size_t lent_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_READER_POOL_H_
