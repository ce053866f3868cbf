// Questions to the text index of a table, and the rows that it finds.

#ifndef CRM_SHARED_STORAGE_TEXT_QUERY_H_
#define CRM_SHARED_STORAGE_TEXT_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/query/sql.h"
#include "shared/storage/schema.h"

namespace crm {

// The least characters of a word by which an index finds rows.
inline constexpr size_t kMinIndexedWord = 3;

// Which rows to find, and which of them.
struct TextQuery {
  // Has a text index.
  const SqlTable& table;
  std::string tenant;
  // Folded as the text is, none empty or with a space; the text contains each.
  // At least one is of kMinIndexedWord characters.
  std::vector<std::string> words;
  // Over the columns of the table.
  SqlFragment where = {.text = "1=1", .params = {}};
  // Only rows that come after the one with this position and name.
  int64_t after_position = std::numeric_limits<int64_t>::max();
  std::string after_name = {};
  int limit = 0;
};

// A row of a table with a text index.
struct TextRow {
  // Has a text index.
  const SqlTable& table;
  std::string tenant;
  std::string name;
  // As SearchPosition() gives it.
  int64_t position = 0;
  std::string text;
  // The values of the other columns, in the order of the table.
  std::vector<SqlValue> others = {};
};

// A column that an engine keeps beside those of the schema.
struct TextIndexColumn {
  // Quoted.
  std::string column;
  // An expression with one parameter, and that one.
  std::string value;
  SqlValue param;
};

// Returns the statement that inserts `row`, with `index` if there is one, or
// changes the text and the other columns of the row with its key.
SqlFragment UpsertText(const TextRow& row,
                       const std::optional<TextIndexColumn>& index = {});

// Returns the position of a row that belongs to the instant `time`: the later,
// the greater. The instants of one millisecond have the same.
int64_t SearchPosition(absl::Time time);

// How many rows of one millisecond can be told apart: the distance between two
// milliseconds' positions.
inline constexpr int64_t kPositionsPerMillisecond = int64_t{1} << 20;

// Returns the characters of `text`, which is UTF-8.
std::vector<absl::string_view> CharactersOf(absl::string_view text);

// Returns whether an index can find rows by `word`.
bool IsIndexedWord(absl::string_view word);

// Returns the statement that answers `query` without an index, by looking at
// the tenant's rows in their order: at `newest` of them at most, if that is
// given. It selects position and name.
SqlFragment ScanText(const TextQuery& query,
                     std::optional<int> newest = std::nullopt);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_TEXT_QUERY_H_
