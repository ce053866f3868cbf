// Text indexes in PostgreSQL: a GIN index over a column of numbers, one for
// each run of three characters in a word, in which the tenant is mixed. So what
// is looked up for one tenant touches no other's entries, and neither an
// extension nor a function on the server is needed.

#ifndef CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_
#define CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_

#include <string>
#include <vector>

#include "shared/query/sql.h"
#include "shared/storage/schema.h"
#include "shared/storage/text_query.h"

namespace crm {

// Returns the statements that make the text index of `table`.
std::vector<std::string> PostgresTextIndexSql(const SqlTable& table);

// Returns the statement that stores `row` with its numbers.
SqlFragment PostgresUpsertText(const TextRow& row);

// Returns the statement that answers `query`: position and name. The index
// gives the rows that have all runs of the words; those that have the words
// themselves are kept.
SqlFragment PostgresSearchText(const TextQuery& query);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_TEXT_INDEX_H_
