// A transaction that writes, as a SqlWriter for the bodies that run in it.
//
// The server is far away: each wait for it costs more than most statements. So
// what the bodies are known to read is read for all of them at once, and what a
// body wants to know only for its last statements is asked along the way and
// acted upon when all have run.

#ifndef CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_
#define CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/session.h"

namespace crm {

// How a body, or a commit, ended.
enum class WriteEnd {
  kDone,          // well, or by an error of its own: the status says which
  kAgain,         // run the whole transaction again: another was in its way
  kAgainWaiting,  // run the whole transaction again, each body to its end
  kAgainAlone,    // run this body again, in a transaction of its own
  kSplit,         // run each body again, in a transaction of its own
  kLost,          // run the whole transaction again, on another connection
  kUnknown,       // it may be stored or not
};

// Whose bodies a transaction runs, and how.
enum class WriteMode {
  kAlone,    // a single one
  kWaiting,  // several, each in a savepoint and to its end
  kFast,     // several; what bodies do last is done when all have run, so that
             // the failure of one may be that of all
};

struct WriteOutcome {
  WriteEnd end = WriteEnd::kDone;
  absl::Status status;
};

// Begins with its first statement; ends by Commit() or Rollback(). The
// connection outlives it. Thread-compatible.
class WriteTransaction final : public SqlWriter {
 public:
  WriteTransaction(PostgresConnection& connection, TransactionLimits limits,
                   WriteMode mode);

  // Reads what bodies will ask by QueryShared(). Called at most once, before
  // them.
  WriteOutcome ReadAhead(const std::vector<const SqlFragment*>& reads);

  // Runs one body. A body that is alone may read on after its statement failed,
  // to find out why: it sees the state without its work.
  WriteOutcome Run(const Database::WriteBody& body);

  WriteOutcome Commit();
  // Waits for what was sent, for who wants no commit.
  WriteOutcome Confirm();
  void Rollback();

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params) override;
  absl::Status Post(absl::string_view sql,
                    const std::vector<SqlValue>& params) override;
  absl::StatusOr<SqlRows> QueryShared(const SqlFragment& query) override;
  absl::Status Attempt(absl::string_view sql,
                       const std::vector<SqlValue>& params) override;
  absl::Status QueryLater(absl::string_view sql,
                          const std::vector<SqlValue>& params,
                          Then then) override;
  void ForgetShared(const SqlFragment& query) override;
  absl::StatusOr<SqlRows> SearchText(const TextQuery& query) override;
  absl::Status PutText(const TextRow& row) override;

 private:
  using Reply = PostgresConnection::Reply;

  // What is to be done with an answer.
  struct Question {
    // Empty if the body that asked has failed.
    Then then;
    std::optional<SqlRows> answer;
  };

  bool shared() const { return mode_ != WriteMode::kAlone; }
  WriteOutcome RunOnce(const Database::WriteBody& body);
  void Begin();
  // Before each statement of a body.
  void BeginBody();
  absl::StatusOr<Reply> Ask(absl::string_view sql,
                            const std::vector<SqlValue>& params);
  absl::StatusOr<Reply> Finish();
  // Does what is to be done with the answers to all questions.
  absl::Status Settle();
  // Whether there is something to be done with one of the first `count`.
  bool HasOpen(size_t count) const;
  // Has what the body asks next include what earlier bodies do last.
  absl::Status SettleEarlier();
  WriteOutcome EndOf(const absl::Status& status) const;

  PostgresConnection& connection_;
  const TransactionLimits limits_;
  const WriteMode mode_;
  bool begun_ = false;
  // What was read ahead, by the text and the values of the query.
  absl::flat_hash_map<std::string, SqlRows> shared_reads_;

  std::vector<Question> questions_;
  // The first of the body that runs; those before are of earlier bodies.
  size_t first_question_ = 0;
  bool settling_ = false;

  // Of the body that runs: whether it has sent a statement, whether it has to
  // run again after SettleEarlier(), and the first failure of a statement.
  bool sent_ = false;
  bool too_early_ = false;
  PostgresConnection::Failure failure_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_
