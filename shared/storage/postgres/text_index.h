// Text indexes in PostgreSQL: a GIN index over a column of numbers, one for
// each run of three characters in a word, in which the tenant is mixed. So what
// is looked up for one tenant touches no other's entries, and neither an
// extension nor a function on the server is needed.

#ifndef CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_
#define CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/query/sql.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"
#include "shared/storage/text_query.h"

namespace crm {

// Returns the statements that make the text index of `table`.
std::vector<std::string> PostgresTextIndexSql(const SqlTable& table);

// Returns the statement that stores `row` with its numbers.
SqlFragment PostgresUpsertText(const TextRow& row);

// Runs a statement.
using RunSql = std::function<absl::StatusOr<SqlRows>(const SqlFragment&)>;

// Answers `query` by statements that `run` runs in one snapshot: position and
// name.
//
// The index knows nothing of the order, so it gives all rows that have a common
// word before the newest are known. Those are common among the newest rows too:
// they are looked at first, and the index is asked where they do not do.
absl::StatusOr<SqlRows> PostgresSearchText(const TextQuery& query,
                                           const RunSql& run);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_
