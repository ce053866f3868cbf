#include "shared/storage/postgres/reader_pool.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/session.h"
#include "shared/storage/postgres/text_index.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// One snapshot: it begins with the first query.
class SnapshotReader final : public SqlReader {
 public:
  SnapshotReader(PostgresConnection& connection, absl::Duration limit,
                 const std::atomic<bool>& closed)
      : connection_(connection), closed_(closed), until_(SteadyAfter(limit)) {}

  ~SnapshotReader() override {
    if (!begun_) return;
    connection_.Send("ROLLBACK");
    connection_.Leave();
  }

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    const absl::Duration left =
        absl::FromChrono(until_ - std::chrono::steady_clock::now());
    if (left <= absl::ZeroDuration() || closed_) return ReadInterrupted();
    if (!begun_) {
      SendBegin(connection_, kBeginRead, {.statement = left, .lock = left});
      begun_ = true;
    }
    connection_.Send(sql, params);
    auto reply =
        connection_.Finish({.until = SteadyAfter(left + kAnswerSlack),
                            .interrupted = [this] { return closed_.load(); }});
    if (reply.ok()) return std::move(reply->rows);
    const PostgresConnection::Failure& failure = connection_.failure();
    return failure.kind == PostgresFailure::kTimeout ? ReadInterrupted()
                                                     : failure.status;
  }

  absl::StatusOr<SqlRows> SearchText(const TextQuery& query) override {
    return PostgresSearchText(query, [this](const SqlFragment& statement) {
      return Query(statement.text, statement.params);
    });
  }

 private:
  PostgresConnection& connection_;
  const std::atomic<bool>& closed_;
  const PostgresConnection::SteadyTime until_;
  bool begun_ = false;
};

}  // namespace

absl::Status PostgresReaderPool::Read(absl::Time deadline,
                                      Database::ReadBody body) {
  CRM_ASSIGN_OR_RETURN(ConnectionPtr connection, Borrow(deadline));
  const absl::Cleanup give_back = [this, &connection] {
    Return(std::move(connection));
  };
  absl::Status status;
  {
    SnapshotReader reader(
        *connection, std::min(deadline - clock_.Now(), read_limit_), closed_);
    status = body(reader);
  }
  if (closed_ && ErrorReason(status) == "READ_INTERRUPTED") {
    return StorageClosed();
  }
  return status;
}

absl::StatusOr<PostgresReaderPool::ConnectionPtr> PostgresReaderPool::Borrow(
    absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [this] { return closed_ || lent_ < capacity_; };
  if (!available()) {
    changed_.wait_until(lock, SteadyAfter(deadline - clock_.Now()), available);
  }
  if (closed_) return StorageClosed();
  if (!available()) return ReadersBusy();
  ++lent_;
  while (!idle_.empty()) {
    ConnectionPtr connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->Alive()) return connection;
  }
  lock.unlock();
  absl::StatusOr<ConnectionPtr> connection = source_.Connect();
  if (!connection.ok()) Return(nullptr);
  return connection;
}

void PostgresReaderPool::Return(ConnectionPtr connection) {
  const std::lock_guard lock(mutex_);
  if (connection != nullptr && connection->Alive()) {
    idle_.push_back(std::move(connection));
  }
  --lent_;
  // Under the lock, because Close() may destroy the pool once it sees zero.
  if (closed_) {
    changed_.notify_all();
  } else {
    changed_.notify_one();
  }
}

void PostgresReaderPool::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return lent_ == 0; });
  idle_.clear();
}

}  // namespace crm
