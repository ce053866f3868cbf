// Text indexes in SQLite: an FTS5 table beside the table it is of, kept in step
// with each row that is written. Triggers would do that as well, but FTS5 3.40
// lets them only where the schema is trusted.
//
// The index holds, for each run of three characters in a word, a token that
// starts with the tenant: `acme/smi acme/mit acme/ith` for Smith of acme. So
// what is looked up for one tenant touches no other's entries. FTS5 gives rows
// in the order of their numbers, which are positions, and walks through the
// rows of every token that it is asked for: so where there are several words,
// only the rarer tokens of each are looked up, and the text says of each row
// that has them whether it has the words.

#ifndef CRM_SHARED_STORAGE_SQLITE_TEXT_INDEX_H_
#define CRM_SHARED_STORAGE_SQLITE_TEXT_INDEX_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/sql.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"
#include "shared/storage/text_query.h"

namespace crm {

// Returns the tokens of `text`, parted by spaces. Words of fewer than
// kMinIndexedWord characters have none.
std::string TextTokens(absl::string_view tenant, absl::string_view text);

// Returns the statements that make the text index of `table`.
std::vector<std::string> TextIndexSql(const SqlTable& table);

// Write rows as SqlWriter::PutText and RemoveText do.
absl::Status PutIndexedText(SqlWriter& writer, const TextRow& row);
absl::Status RemoveIndexedText(SqlWriter& writer, const SqlTable& table,
                               const std::string& tenant,
                               const std::string& name);

// Answers `query` as SqlReader::SearchText does.
absl::StatusOr<SqlRows> SearchIndexedText(SqlReader& reader,
                                          const TextQuery& query);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_TEXT_INDEX_H_
