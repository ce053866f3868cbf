// A transaction that writes, as a SqlWriter for the bodies that run in it.

#ifndef CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_
#define CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/session.h"

namespace crm {

// How a body, or a commit, ended.
enum class WriteEnd {
  kDone,        // well, or by an error of its own: the status says which
  kAgain,       // run the whole transaction again: another was in its way
  kAgainAlone,  // run this body again, in a transaction of its own
  kSplit,       // run each body again, in a transaction of its own
  kLost,        // run the whole transaction again, on another connection
  kUnknown,     // it may be stored or not
};

struct WriteOutcome {
  WriteEnd end = WriteEnd::kDone;
  absl::Status status;
};

// Begins with its first statement; ends by Commit() or Rollback(). The
// connection outlives it. Thread-compatible.
class WriteTransaction final : public SqlWriter {
 public:
  // `shared` if several bodies run in it, each in a savepoint.
  WriteTransaction(PostgresConnection& connection, TransactionLimits limits,
                   bool shared);

  // Runs one body. Where the transaction is not shared, a body whose statement
  // failed may read on, to find out why: it sees the state without its work.
  WriteOutcome Run(const Database::WriteBody& body);

  WriteOutcome Commit();
  void Rollback();

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params) override;
  absl::Status Post(absl::string_view sql,
                    const std::vector<SqlValue>& params) override;
  absl::StatusOr<SqlRows> SearchText(const TextQuery& query) override;
  absl::Status PutText(const TextRow& row) override;

 private:
  using Reply = PostgresConnection::Reply;

  void Begin();
  absl::StatusOr<Reply> Ask(absl::string_view sql,
                            const std::vector<SqlValue>& params);
  absl::StatusOr<Reply> Finish();
  WriteOutcome EndOf(const absl::Status& status) const;

  PostgresConnection& connection_;
  const TransactionLimits limits_;
  const bool shared_;
  bool begun_ = false;
  // The first failure of a statement of the body that runs.
  PostgresConnection::Failure failure_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_WRITE_TRANSACTION_H_
