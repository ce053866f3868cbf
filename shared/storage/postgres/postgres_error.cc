#include "shared/storage/postgres/postgres_error.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Returns the columns in a detail such as
//   Key (tenant, email)=(acme, a@x) already exists.
// whatever the server's language. Never its values.
std::string ColumnsOf(absl::string_view detail) {
  const size_t open = detail.find('(');
  const size_t close = detail.find(")=(");
  if (open == detail.npos || close == detail.npos || open > close) return "";
  return absl::StrReplaceAll(detail.substr(open + 1, close - open - 1),
                             {{", ", ","}, {"\"", ""}});
}

}  // namespace

PostgresFailure FailureOf(const PostgresDiagnostics& diagnostics) {
  const std::string& state = diagnostics.sqlstate;
  // serialization_failure, deadlock_detected, lock_not_available
  if (state == "40001" || state == "40P01" || state == "55P03") {
    return PostgresFailure::kConflict;
  }
  if (state == "57014") return PostgresFailure::kTimeout;
  // Connection exceptions; shutdowns of the server; a session that idled in its
  // transaction for too long.
  if (absl::StartsWith(state, "08") || absl::StartsWith(state, "57P") ||
      state == "25P03") {
    return PostgresFailure::kLost;
  }
  return PostgresFailure::kStatement;
}

absl::Status PostgresError(const PostgresDiagnostics& diagnostics) {
  switch (FailureOf(diagnostics)) {
    case PostgresFailure::kConflict:
      return TransactionConflict();
    case PostgresFailure::kTimeout:
      return StatementTimeout();
    case PostgresFailure::kLost:
      return StorageUnreachable(diagnostics.message);
    case PostgresFailure::kStatement:
      break;
  }
  const std::string& state = diagnostics.sqlstate;
  if (state == "23505") {
    return UniqueViolation(diagnostics.table, ColumnsOf(diagnostics.detail));
  }
  if (absl::StartsWith(state, "23")) {
    return ConstraintViolation(diagnostics.message);
  }
  if (state == "53100") return DiskFull();
  if (absl::StartsWith(state, "53")) return StorageBusy();
  return StorageError(
      absl::StrCat(diagnostics.message, " (SQLSTATE ", state, ")"));
}

}  // namespace crm
