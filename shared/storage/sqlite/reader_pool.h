// The read-only connections of one SQLite file, lent to one reader each.

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
  // STORAGE_UNUSABLE. `clock` outlives the pool.
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Open(
      const SqliteOptions& options, const Clock& clock);

  // Closes.
  ~ReaderPool();

  // Database::Read().
  absl::Status Read(absl::Time deadline, Database::ReadBody body);

  // Refuses new readers, interrupts those that run, and returns once all are
  // done and their connections closed.
  void Close();

 private:
  ReaderPool(const Clock& clock, absl::Duration read_limit)
      : clock_(clock), read_limit_(read_limit) {}

  absl::StatusOr<std::unique_ptr<SqliteConnection>> Borrow(absl::Time deadline);
  void Return(std::unique_ptr<SqliteConnection> connection);

  const Clock& clock_;
  const absl::Duration read_limit_;
  std::atomic<bool> closed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // The last one returned is lent first: its page cache is warm.
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  size_t lent_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_READER_POOL_H_
