// The connections that read, each lent to one reader at a time. They are opened
// when needed and replaced when they break.

#ifndef CRM_SHARED_STORAGE_POSTGRES_READER_POOL_H_
#define CRM_SHARED_STORAGE_POSTGRES_READER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/connection_source.h"
#include "shared/storage/postgres/postgres_database.h"

namespace crm {

// Thread-safe.
class PostgresReaderPool final {
 public:
  // All outlive the pool.
  PostgresReaderPool(ConnectionSource& source, const Clock& clock,
                     const PostgresOptions& options)
      : source_(source),
        clock_(clock),
        capacity_(std::max<size_t>(options.readers, 1)),
        read_limit_(options.read_limit) {}

  // Closes.
  ~PostgresReaderPool() { Close(); }

  // Database::Read().
  absl::Status Read(absl::Time deadline, Database::ReadBody body);

  // Refuses new readers, interrupts those that run, and returns once all are
  // done and their connections closed.
  void Close();

 private:
  using ConnectionPtr = std::unique_ptr<PostgresConnection>;

  absl::StatusOr<ConnectionPtr> Borrow(absl::Time deadline);
  void Return(ConnectionPtr connection);

  ConnectionSource& source_;
  const Clock& clock_;
  const size_t capacity_;
  const absl::Duration read_limit_;
  std::atomic<bool> closed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // The last one returned is lent first.
  std::vector<ConnectionPtr> idle_;
  size_t lent_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_READER_POOL_H_
