// What PostgreSQL's errors mean, by their SQLSTATE.

#ifndef CRM_SHARED_STORAGE_POSTGRES_POSTGRES_ERROR_H_
#define CRM_SHARED_STORAGE_POSTGRES_POSTGRES_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace crm {

// What is to be done about a failure.
enum class PostgresFailure {
  kStatement,  // nothing: it is the statement's own fault
  kTimeout,    // nothing: it took too long
  kConflict,   // run the transaction again: others were in the way
  kLost,       // connect again: the server ended the connection
};

// The parts of the server's message that count.
struct PostgresDiagnostics {
  std::string sqlstate;
  std::string message;
  std::string detail = {};
  std::string table = {};
};

PostgresFailure FailureOf(const PostgresDiagnostics& diagnostics);

// Returns the error that database.h lists.
absl::Status PostgresError(const PostgresDiagnostics& diagnostics);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_POSTGRES_ERROR_H_
