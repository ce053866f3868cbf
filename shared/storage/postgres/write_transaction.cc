#include "shared/storage/postgres/write_transaction.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/text_index.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Posted statements are sent at the latest when there are so many. The server's
// short answers to them fit into what a socket keeps.
constexpr size_t kMaxPosted = 1024;

// Values are kept apart by their type and size.
std::string KeyOf(const SqlFragment& query) {
  std::string key = query.text;
  for (const SqlValue& value : query.params) {
    absl::StrAppend(&key, absl::string_view("\0", 1), value.index(), " ");
    if (const auto* text = std::get_if<std::string>(&value)) {
      absl::StrAppend(&key, text->size(), " ", *text);
    } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
      absl::StrAppend(&key, blob->bytes.size(), " ", blob->bytes);
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
      absl::StrAppend(&key, *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
      absl::StrAppend(&key, *real);
    }
  }
  return key;
}

absl::Status TooEarly() {
  return absl::UnavailableError("it runs again when those before it are done");
}

}  // namespace

WriteTransaction::WriteTransaction(PostgresConnection& connection,
                                   TransactionLimits limits, WriteMode mode)
    : connection_(connection), limits_(std::move(limits)), mode_(mode) {}

WriteOutcome WriteTransaction::ReadAhead(
    const std::vector<const SqlFragment*>& reads) {
  failure_ = {};
  std::vector<std::string> keys;
  for (const SqlFragment* read : reads) {
    std::string key = KeyOf(*read);
    if (!shared_reads_.try_emplace(key).second) continue;
    if (!begun_) Begin();
    connection_.SendAsking(read->text, read->params);
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return {};
  const auto reply = connection_.Finish(
      {.until = SteadyAfter(limits_.statement + kAnswerSlack)});
  if (!reply.ok()) {
    failure_ = connection_.failure();
    failure_.last = false;
    return EndOf(reply.status());
  }
  std::vector<SqlRows> answers = connection_.TakeAnswers();
  for (size_t i = 0; i < keys.size(); ++i) {
    shared_reads_[keys[i]] = std::move(answers[i]);
  }
  return {};
}

WriteOutcome WriteTransaction::Run(const Database::WriteBody& body) {
  WriteOutcome outcome = RunOnce(body);
  if (!too_early_) return outcome;
  failure_ = {};
  sent_ = false;
  first_question_ = questions_.size();
  if (absl::Status settled = SettleEarlier(); !settled.ok()) {
    return EndOf(settled);
  }
  return RunOnce(body);
}

WriteOutcome WriteTransaction::RunOnce(const Database::WriteBody& body) {
  failure_ = {};
  sent_ = false;
  too_early_ = false;
  first_question_ = questions_.size();
  absl::Status status = body(*this);
  if (status.ok() && mode_ != WriteMode::kFast) status = Settle();
  const WriteOutcome outcome =
      too_early_ ? WriteOutcome{WriteEnd::kAgainAlone, TooEarly()}
                 : EndOf(status);
  const bool goes_on =
      outcome.end == WriteEnd::kDone || outcome.end == WriteEnd::kAgainAlone;
  if (!goes_on) return outcome;
  if (!outcome.status.ok()) {
    // Their answers come all the same.
    for (size_t i = first_question_; i < questions_.size(); ++i) {
      questions_[i].then = nullptr;
    }
  }
  if (!shared() || !sent_) return outcome;
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
      return {shared() ? WriteEnd::kSplit : WriteEnd::kDone, failure_.status};
    case PostgresFailure::kStatement:
      break;
  }
  const absl::Status& own = status.ok() ? failure_.status : status;
  if (!shared()) return {WriteEnd::kDone, own};
  // The body may tell more of the failure when it can read on, and see what
  // others have committed.
  if (failure_.last) return {WriteEnd::kAgainAlone, own};
  // What was posted may be another body's.
  return {
      mode_ == WriteMode::kFast ? WriteEnd::kAgainWaiting : WriteEnd::kSplit,
      own};
}

WriteOutcome WriteTransaction::Commit() {
  failure_ = {};
  if (absl::Status settled = Settle(); !settled.ok()) {
    if (!failure_.status.ok()) return EndOf(settled);
    return {WriteEnd::kAgainWaiting, settled};
  }
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
    return {shared() ? WriteEnd::kSplit : WriteEnd::kAgain,
            CommitFailed("the server took it back")};
  }
  if (!connection_.Alive()) return {WriteEnd::kUnknown, CommitUnknown()};
  failure_.last = false;
  return EndOf(reply.status());
}

WriteOutcome WriteTransaction::Confirm() {
  failure_ = {};
  const absl::Status status = Finish().status();
  failure_.last = false;
  return EndOf(status);
}

void WriteTransaction::Rollback() {
  questions_.clear();
  shared_reads_.clear();
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
  BeginBody();
  connection_.Send(sql, params);
  return connection_.sent() < kMaxPosted ? absl::OkStatus() : Finish().status();
}

absl::StatusOr<SqlRows> WriteTransaction::QueryShared(
    const SqlFragment& query) {
  if (!shared_reads_.empty() && failure_.status.ok()) {
    const auto known = shared_reads_.find(KeyOf(query));
    if (known != shared_reads_.end()) return known->second;
  }
  return Query(query.text, query.params);
}

void WriteTransaction::ForgetShared(const SqlFragment& query) {
  if (!shared_reads_.empty()) shared_reads_.erase(KeyOf(query));
}

absl::Status WriteTransaction::Attempt(absl::string_view sql,
                                       const std::vector<SqlValue>& params) {
  return mode_ == WriteMode::kFast ? Post(sql, params)
                                   : Execute(sql, params).status();
}

absl::Status WriteTransaction::QueryLater(absl::string_view sql,
                                          const std::vector<SqlValue>& params,
                                          Then then) {
  if (!failure_.status.ok()) return failure_.status;
  if (settling_) return Internal("STORAGE_ERROR", "A Then only posts.");
  BeginBody();
  connection_.SendAsking(sql, params);
  questions_.push_back({.then = std::move(then), .answer = std::nullopt});
  return connection_.sent() < kMaxPosted ? absl::OkStatus() : Finish().status();
}

void WriteTransaction::Begin() {
  SendBegin(connection_, kBeginWrite, limits_);
  // The bodies of a group send much the same statements.
  if (shared()) connection_.BeginPreparing();
  begun_ = true;
}

void WriteTransaction::BeginBody() {
  if (!begun_) Begin();
  if (sent_ || settling_) return;
  sent_ = true;
  if (shared()) connection_.Send("SAVEPOINT body");
}

absl::StatusOr<WriteTransaction::Reply> WriteTransaction::Ask(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  if (settling_) return Internal("STORAGE_ERROR", "A Then only posts.");
  if (!failure_.status.ok()) {
    if (shared() || failure_.kind != PostgresFailure::kStatement) {
      return failure_.status;
    }
    Rollback();
  }
  CRM_RETURN_IF_ERROR(SettleEarlier());
  BeginBody();
  connection_.Send(sql, params);
  return Finish();
}

absl::StatusOr<WriteTransaction::Reply> WriteTransaction::Finish() {
  auto reply = connection_.Finish(
      {.until = SteadyAfter(limits_.statement + kAnswerSlack)});
  if (!reply.ok() && failure_.status.ok()) failure_ = connection_.failure();
  std::vector<SqlRows> answers = connection_.TakeAnswers();
  size_t next = 0;
  for (Question& question : questions_) {
    if (next == answers.size()) break;
    if (!question.answer.has_value()) {
      question.answer = std::move(answers[next++]);
    }
  }
  return reply;
}

absl::Status WriteTransaction::Settle() {
  if (!HasOpen(questions_.size())) return absl::OkStatus();
  const auto is_unanswered = [](const Question& question) {
    return !question.answer.has_value();
  };
  if (std::any_of(questions_.begin(), questions_.end(), is_unanswered)) {
    CRM_RETURN_IF_ERROR(Finish().status());
  }
  std::vector<Question> questions = std::exchange(questions_, {});
  settling_ = true;
  absl::Status status;
  for (Question& question : questions) {
    if (question.then == nullptr) continue;
    status = question.then(*this, *question.answer);
    if (!status.ok()) break;
  }
  settling_ = false;
  return status;
}

bool WriteTransaction::HasOpen(size_t count) const {
  return std::any_of(
      questions_.begin(), questions_.begin() + static_cast<ptrdiff_t>(count),
      [](const Question& question) { return question.then != nullptr; });
}

absl::Status WriteTransaction::SettleEarlier() {
  if (!HasOpen(first_question_)) return absl::OkStatus();
  // Earlier bodies cannot end inside the savepoint of this one.
  too_early_ = sent_;
  if (too_early_) return TooEarly();
  absl::Status settled = Settle();
  first_question_ = questions_.size();
  if (settled.ok()) return settled;
  // A failure is not that of the body that runs.
  if (failure_.status.ok()) {
    failure_ = {PostgresFailure::kStatement, settled, /*last=*/false};
  }
  failure_.last = false;
  return settled;
}

absl::StatusOr<SqlRows> WriteTransaction::SearchText(const TextQuery& query) {
  return PostgresSearchText(query, [this](const SqlFragment& statement) {
    return Query(statement.text, statement.params);
  });
}

absl::Status WriteTransaction::PutText(const TextRow& row) {
  const SqlFragment statement = PostgresUpsertText(row);
  return Post(statement.text, statement.params);
}

}  // namespace crm
