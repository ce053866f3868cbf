#include "shared/storage/postgres/write_transaction.h"

#include <utility>

#include "shared/storage/postgres/text_index.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Posted statements are sent at the latest when there are so many.
constexpr size_t kMaxPosted = 256;

}  // namespace

WriteTransaction::WriteTransaction(PostgresConnection& connection,
                                   TransactionLimits limits, bool shared)
    : connection_(connection), limits_(std::move(limits)), shared_(shared) {}

WriteOutcome WriteTransaction::Run(const Database::WriteBody& body) {
  failure_ = {};
  if (!begun_) Begin();
  if (shared_) connection_.Send("SAVEPOINT body");
  const absl::Status status = body(*this);
  const WriteOutcome outcome = EndOf(status);
  const bool goes_on =
      outcome.end == WriteEnd::kDone || outcome.end == WriteEnd::kAgainAlone;
  if (!shared_ || !goes_on) return outcome;
  if (!outcome.status.ok()) connection_.Send("ROLLBACK TO SAVEPOINT body");
  connection_.Send("RELEASE SAVEPOINT body");
  return outcome;
}

WriteOutcome WriteTransaction::EndOf(const absl::Status& status) const {
  if (failure_.status.ok()) return {WriteEnd::kDone, status};
  switch (failure_.kind) {
    case PostgresFailure::kConflict:
      return {WriteEnd::kAgain, failure_.status};
    case PostgresFailure::kLost:
      return {WriteEnd::kLost, failure_.status};
    case PostgresFailure::kTimeout:
      // It may be another body's deadline that passed.
      return {shared_ ? WriteEnd::kSplit : WriteEnd::kDone, failure_.status};
    case PostgresFailure::kStatement:
      break;
  }
  const absl::Status& own = status.ok() ? failure_.status : status;
  if (!shared_) return {WriteEnd::kDone, own};
  // What was posted may be another body's. Otherwise the body may tell more of
  // the failure when it can read on, and see what others have committed.
  return {failure_.last ? WriteEnd::kAgainAlone : WriteEnd::kSplit, own};
}

WriteOutcome WriteTransaction::Commit() {
  if (!begun_) return {};
  connection_.EndPreparing();
  connection_.Send("COMMIT");
  const auto reply = Finish();
  if (reply.ok()) {
    // A transaction that had failed before is taken back by COMMIT.
    if (reply->tag == "COMMIT") {
      begun_ = false;
      return {};
    }
    return {shared_ ? WriteEnd::kSplit : WriteEnd::kAgain,
            CommitFailed("the server took it back")};
  }
  const PostgresConnection::Failure& failure = connection_.failure();
  if (!connection_.Alive()) return {WriteEnd::kUnknown, CommitUnknown()};
  if (failure.kind == PostgresFailure::kConflict) {
    return {WriteEnd::kAgain, failure.status};
  }
  return {shared_ ? WriteEnd::kSplit : WriteEnd::kDone, failure.status};
}

void WriteTransaction::Rollback() {
  if (!begun_) return;
  begun_ = false;
  connection_.EndPreparing();
  // In a round of its own: the server skips what follows a failure.
  connection_.Leave();
  connection_.Send("ROLLBACK");
  connection_.Leave();
}

absl::StatusOr<SqlRows> WriteTransaction::Query(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  auto reply = Ask(sql, params);
  if (!reply.ok()) return reply.status();
  return std::move(reply->rows);
}

absl::StatusOr<int64_t> WriteTransaction::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  if (!failure_.status.ok()) return failure_.status;
  auto reply = Ask(sql, params);
  if (!reply.ok()) return reply.status();
  return reply->changed;
}

absl::Status WriteTransaction::Post(absl::string_view sql,
                                    const std::vector<SqlValue>& params) {
  if (!failure_.status.ok()) return failure_.status;
  if (!begun_) Begin();
  connection_.Send(sql, params);
  return connection_.sent() < kMaxPosted ? absl::OkStatus() : Finish().status();
}

void WriteTransaction::Begin() {
  SendBegin(connection_, kBeginWrite, limits_);
  // The bodies of a group send much the same statements.
  if (shared_) connection_.BeginPreparing();
  begun_ = true;
}

absl::StatusOr<WriteTransaction::Reply> WriteTransaction::Ask(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  if (!failure_.status.ok()) {
    if (shared_ || failure_.kind != PostgresFailure::kStatement) {
      return failure_.status;
    }
    Rollback();
  }
  if (!begun_) Begin();
  connection_.Send(sql, params);
  return Finish();
}

absl::StatusOr<WriteTransaction::Reply> WriteTransaction::Finish() {
  auto reply = connection_.Finish(
      {.until = SteadyAfter(limits_.statement + kAnswerSlack)});
  if (!reply.ok() && failure_.status.ok()) failure_ = connection_.failure();
  return reply;
}

absl::StatusOr<SqlRows> WriteTransaction::SearchText(const TextQuery& query) {
  const SqlFragment statement = PostgresSearchText(query);
  return Query(statement.text, statement.params);
}

absl::Status WriteTransaction::PutText(const TextRow& row) {
  const SqlFragment statement = PostgresUpsertText(row);
  return Post(statement.text, statement.params);
}

}  // namespace crm
