// Values between SqlValue and DuckDB's types, exactly or not at all.

#ifndef CRM_SHARED_STORAGE_DUCKDB_DUCK_VALUE_H_
#define CRM_SHARED_STORAGE_DUCKDB_DUCK_VALUE_H_

#include <duckdb.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/storage/database.h"

namespace crm {

// Binds `value` to the parameter at `position`, counted from 1. An int64 given
// for an instant or a date is taken as in duck_database.h. Returns INTERNAL
// STORAGE_ERROR when DuckDB refuses. Thread-compatible.
absl::Status BindDuckValue(duckdb_prepared_statement statement, idx_t position,
                           const SqlValue& value);

// Appends `value` to the row under construction, whose next column is of
// `type`. Returns INVALID_ARGUMENT BAD_APPEND when it does not fit.
// Thread-compatible.
absl::Status AppendDuckValue(duckdb_appender appender, duckdb_type type,
                             const SqlValue& value);

// Reads all rows of `result`. Returns RESOURCE_EXHAUSTED RESULT_TOO_LARGE, and
// INTERNAL STORAGE_ERROR for a type that duck_database.h does not list.
// Thread-compatible.
absl::StatusOr<SqlRows> ReadDuckRows(duckdb_result& result);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_DUCKDB_DUCK_VALUE_H_
