#include "shared/storage/sqlite/reader_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Longer waits are cut to this, so that adding one to a time cannot overflow.
constexpr absl::Duration kLongestWait = absl::Hours(24);

SteadyClock::time_point After(absl::Duration wait) {
  return SteadyClock::now() + absl::ToChronoNanoseconds(std::clamp(
                                  wait, absl::ZeroDuration(), kLongestWait));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Open(
    const SqliteOptions& options, const Clock& clock) {
  auto pool =
      std::unique_ptr<ReaderPool>(new ReaderPool(clock, options.read_limit));
  for (int i = 0; i < std::max(options.readers, 1); ++i) {
    CRM_ASSIGN_OR_RETURN(
        auto connection,
        SqliteConnection::Open(
            options.path,
            {.vfs = options.vfs, .mmap_bytes = options.reader_mmap_bytes}));
    pool->idle_.push_back(std::move(connection));
  }
  return pool;
}

ReaderPool::~ReaderPool() { Close(); }

absl::Status ReaderPool::Read(absl::Time deadline, Database::ReadBody body) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> connection,
                       Borrow(deadline));
  const absl::Cleanup give_back = [this, &connection] {
    Return(std::move(connection));
  };
  const absl::Duration left = deadline - clock_.Now();
  const SteadyClock::time_point limit = After(std::min(left, read_limit_));
  connection->SetInterrupt([this, limit] {
    return closed_.load(std::memory_order_relaxed) ||
           SteadyClock::now() >= limit;
  });
  absl::Status status = connection->Execute("BEGIN", {}).status();
  if (status.ok()) status = body(*connection);
  connection->SetInterrupt({});
  if (connection->InTransaction()) {
    const absl::Status ended = connection->Execute("ROLLBACK", {}).status();
    if (status.ok()) status = ended;
  }
  if (closed_ && ErrorReason(status) == "READ_INTERRUPTED") {
    return StorageClosed();
  }
  return status;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> ReaderPool::Borrow(
    absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [this] { return closed_ || !idle_.empty(); };
  if (!available()) {
    changed_.wait_until(lock, After(deadline - clock_.Now()), available);
  }
  if (closed_) return StorageClosed();
  if (idle_.empty()) return ReadersBusy();
  std::unique_ptr<SqliteConnection> connection = std::move(idle_.back());
  idle_.pop_back();
  ++lent_;
  return connection;
}

void ReaderPool::Return(std::unique_ptr<SqliteConnection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
  --lent_;
  // Under the lock, because Close() may destroy the pool once it sees zero.
  if (closed_) {
    changed_.notify_all();
  } else {
    changed_.notify_one();
  }
}

void ReaderPool::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return lent_ == 0; });
  idle_.clear();
}

}  // namespace crm
