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

// Ends the transaction, if there is one.
absl::Status LetGo(SqliteConnection& connection) {
  if (!connection.InTransaction()) return absl::OkStatus();
  return connection.Execute("ROLLBACK", {}).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Open(
    const SqliteOptions& options, const std::atomic<int64_t>& version,
    const Clock& clock) {
  auto pool = std::unique_ptr<ReaderPool>(
      new ReaderPool(version, clock, options.read_limit));
  for (int i = 0; i < std::max(options.readers, 1); ++i) {
    CRM_ASSIGN_OR_RETURN(
        auto connection,
        SqliteConnection::Open(
            options.path,
            {.vfs = options.vfs, .mmap_bytes = options.reader_mmap_bytes}));
    pool->idle_.push_back({.connection = std::move(connection)});
  }
  return pool;
}

ReaderPool::~ReaderPool() { Close(); }

absl::Status ReaderPool::Read(absl::Time deadline, Database::ReadBody body) {
  CRM_ASSIGN_OR_RETURN(Reader reader, Borrow(deadline));
  const absl::Cleanup give_back = [this, &reader] {
    Return(std::move(reader));
  };
  SqliteConnection& connection = *reader.connection;
  const absl::Duration left = deadline - clock_.Now();
  const SteadyClock::time_point limit = After(std::min(left, read_limit_));
  connection.SetInterrupt([this, limit] {
    return closed_.load(std::memory_order_relaxed) ||
           SteadyClock::now() >= limit;
  });
  absl::Status status = Begin(reader);
  if (status.ok()) status = body(connection);
  connection.SetInterrupt({});
  if (!status.ok() || !MayKeep(reader)) status.Update(LetGo(connection));
  if (closed_ && ErrorReason(status) == "READ_INTERRUPTED") {
    return StorageClosed();
  }
  return status;
}

absl::Status ReaderPool::Begin(Reader& reader) const {
  // Read before the transaction begins, so that it holds this at least.
  const int64_t version = version_.load(std::memory_order_acquire);
  if (reader.version == version && reader.connection->InTransaction()) {
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(LetGo(*reader.connection));
  reader.version = version;
  return reader.connection->Execute("BEGIN", {}).status();
}

bool ReaderPool::MayKeep(const Reader& reader) const {
  return keep_snapshots_.load() && reader.version == version_.load();
}

void ReaderPool::KeepSnapshots(bool keep) {
  keep_snapshots_ = keep;
  if (keep) return;
  const std::lock_guard lock(mutex_);
  // One that cannot let go says so to its next reader.
  for (Reader& reader : idle_) LetGo(*reader.connection).IgnoreError();
}

absl::StatusOr<ReaderPool::Reader> ReaderPool::Borrow(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [this] { return closed_ || !idle_.empty(); };
  if (!available()) {
    changed_.wait_until(lock, After(deadline - clock_.Now()), available);
  }
  if (closed_) return StorageClosed();
  if (idle_.empty()) return ReadersBusy();
  Reader reader = std::move(idle_.back());
  idle_.pop_back();
  ++lent_;
  return reader;
}

void ReaderPool::Return(Reader reader) {
  const std::lock_guard lock(mutex_);
  // The writer may have begun a checkpoint since the reader was done.
  if (!keep_snapshots_) LetGo(*reader.connection).IgnoreError();
  idle_.push_back(std::move(reader));
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
