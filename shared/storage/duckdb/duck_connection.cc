#include "shared/storage/duckdb/duck_connection.h"

#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_value.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

constexpr size_t kMaxCachedStatements = 128;

// DuckDB's messages may go on with the statement's text; the first line says
// what is wrong.
std::string FirstLine(const char* message) {
  if (message == nullptr) return "unknown error";
  return std::string(*absl::StrSplit(message, '\n').begin());
}

absl::Status ConstraintError(const char* message) {
  // The message holds the values of the row, so it is not passed on.
  if (absl::StrContains(message, "uplicate key")) {
    return AlreadyExists("UNIQUE_VIOLATION",
                         "Another row has the same key. Use another value.");
  }
  return ConstraintViolation("a constraint does not hold");
}

// DuckDB gives a full disk no type of its own.
bool SaysDiskFull(const char* message) {
  return message != nullptr &&
         absl::StrContains(message, "No space left on device");
}

absl::Status DuckError(duckdb_error_type type, const char* message) {
  if (type != DUCKDB_ERROR_FATAL && SaysDiskFull(message)) return DiskFull();
  switch (type) {
    case DUCKDB_ERROR_CONSTRAINT:
      return ConstraintError(message == nullptr ? "" : message);
    case DUCKDB_ERROR_INTERRUPT:
      return ReadInterrupted();
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ResourceExhausted(
          "MEMORY_LIMIT",
          "The query needs more memory than it may have. Ask for less.");
    case DUCKDB_ERROR_TRANSACTION:
      return StorageBusy();
    case DUCKDB_ERROR_FATAL:
      // Nothing but opening the file again helps after this.
      return Unavailable(
          "STORAGE_UNUSABLE",
          "The warehouse has failed and is opened again. Try again.");
    default:
      return StorageError(FirstLine(message));
  }
}

struct Appending {
  duckdb_appender appender = nullptr;
  std::vector<duckdb_type> types;

  ~Appending() { duckdb_appender_destroy(&appender); }
};

absl::Status AppendError(duckdb_appender appender) {
  duckdb_error_data error = duckdb_appender_error_data(appender);
  const absl::Cleanup destroy = [&error] { duckdb_destroy_error_data(&error); };
  return DuckError(duckdb_error_data_error_type(error),
                   duckdb_error_data_message(error));
}

absl::Status StartAppending(duckdb_connection connection,
                            absl::string_view table, Appending& appending) {
  if (duckdb_appender_create(connection, /*schema=*/nullptr,
                             std::string(table).c_str(),
                             &appending.appender) != DuckDBSuccess) {
    return AppendError(appending.appender);
  }
  appending.types.resize(duckdb_appender_column_count(appending.appender));
  for (idx_t i = 0; i < appending.types.size(); ++i) {
    duckdb_logical_type logical =
        duckdb_appender_column_type(appending.appender, i);
    appending.types[i] = duckdb_get_type_id(logical);
    duckdb_destroy_logical_type(&logical);
  }
  return absl::OkStatus();
}

absl::Status AppendRow(const Appending& appending, const SqlRow& row) {
  if (row.size() != appending.types.size()) {
    return InvalidArgument(
        "BAD_APPEND",
        absl::StrCat("A row has ", row.size(), " values and the table ",
                     appending.types.size(), " columns."));
  }
  for (size_t i = 0; i < row.size(); ++i) {
    CRM_RETURN_IF_ERROR(
        AppendDuckValue(appending.appender, appending.types[i], row[i]));
  }
  if (duckdb_appender_end_row(appending.appender) != DuckDBSuccess) {
    return AppendError(appending.appender);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DuckConnection>> DuckConnection::Open(
    duckdb_database database) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) != DuckDBSuccess) {
    return StorageUnusable("warehouse", "it takes no more connections");
  }
  return std::unique_ptr<DuckConnection>(new DuckConnection(connection));
}

DuckConnection::DuckConnection(duckdb_connection connection)
    : connection_(connection),
      statements_(kMaxCachedStatements,
                  [](duckdb_prepared_statement statement) {
                    duckdb_destroy_prepare(&statement);
                  }) {}

DuckConnection::~DuckConnection() {
  statements_.Clear();
  duckdb_disconnect(&connection_);
}

absl::StatusOr<duckdb_prepared_statement> DuckConnection::Prepare(
    absl::string_view sql) {
  if (const auto cached = statements_.Find(sql)) return *cached;
  duckdb_prepared_statement statement = nullptr;
  if (duckdb_prepare(connection_, std::string(sql).c_str(), &statement) !=
      DuckDBSuccess) {
    const absl::Status status =
        StorageError(FirstLine(duckdb_prepare_error(statement)));
    duckdb_destroy_prepare(&statement);
    return status;
  }
  statements_.Add(sql, statement);
  return statement;
}

absl::Status DuckConnection::Run(
    absl::string_view sql, const std::vector<SqlValue>& params,
    absl::FunctionRef<absl::Status(duckdb_result&)> read) {
  CRM_ASSIGN_OR_RETURN(duckdb_prepared_statement statement, Prepare(sql));
  if (duckdb_nparams(statement) != params.size()) {
    return StorageError(absl::StrCat("it has ", duckdb_nparams(statement),
                                     " parameters and got ", params.size(),
                                     " values"));
  }
  for (size_t i = 0; i < params.size(); ++i) {
    CRM_RETURN_IF_ERROR(BindDuckValue(statement, i + 1, params[i]));
  }
  duckdb_result result = {};
  const absl::Cleanup destroy = [&result] { duckdb_destroy_result(&result); };
  if (duckdb_execute_prepared(statement, &result) != DuckDBSuccess) {
    return DuckError(duckdb_result_error_type(&result),
                     duckdb_result_error(&result));
  }
  return read(result);
}

absl::StatusOr<SqlRows> DuckConnection::Query(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  SqlRows rows;
  CRM_RETURN_IF_ERROR(
      Run(sql, params, [&rows](duckdb_result& result) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(rows, ReadDuckRows(result));
        return absl::OkStatus();
      }));
  return rows;
}

absl::StatusOr<int64_t> DuckConnection::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  int64_t changed = 0;
  CRM_RETURN_IF_ERROR(Run(sql, params, [&changed](duckdb_result& result) {
    changed = static_cast<int64_t>(duckdb_rows_changed(&result));
    return absl::OkStatus();
  }));
  return changed;
}

absl::Status DuckConnection::Append(absl::string_view table,
                                    absl::Span<const SqlRow> rows) {
  Appending appending;
  CRM_RETURN_IF_ERROR(StartAppending(connection_, table, appending));
  for (const SqlRow& row : rows) {
    CRM_RETURN_IF_ERROR(AppendRow(appending, row));
  }
  if (duckdb_appender_close(appending.appender) != DuckDBSuccess) {
    return AppendError(appending.appender);
  }
  return absl::OkStatus();
}

}  // namespace crm
