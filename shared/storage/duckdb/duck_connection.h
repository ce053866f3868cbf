// One DuckDB connection: prepared statements by text, bound values, typed
// errors.

#ifndef CRM_SHARED_STORAGE_DUCKDB_DUCK_CONNECTION_H_
#define CRM_SHARED_STORAGE_DUCKDB_DUCK_CONNECTION_H_

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/database.h"
#include "shared/storage/statement_cache.h"

namespace crm {

// Used by one thread at a time, in any order. Thread-compatible.
class DuckConnection final {
 public:
  // Connects to `database`, which outlives the connection. Returns UNAVAILABLE
  // STORAGE_UNUSABLE.
  static absl::StatusOr<std::unique_ptr<DuckConnection>> Open(
      duckdb_database database);

  ~DuckConnection();
  DuckConnection(const DuckConnection&) = delete;
  DuckConnection& operator=(const DuckConnection&) = delete;

  // Return the errors of a statement, as listed in database.h.
  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params);
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params);

  // DuckWriter::Append().
  absl::Status Append(absl::string_view table, absl::Span<const SqlRow> rows);

 private:
  explicit DuckConnection(duckdb_connection connection);

  absl::StatusOr<duckdb_prepared_statement> Prepare(absl::string_view sql);
  absl::Status Run(absl::string_view sql, const std::vector<SqlValue>& params,
                   absl::FunctionRef<absl::Status(duckdb_result&)> read);

  duckdb_connection connection_;
  StatementCache<duckdb_prepared_statement> statements_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_DUCKDB_DUCK_CONNECTION_H_
