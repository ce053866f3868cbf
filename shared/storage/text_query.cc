#include "shared/storage/text_query.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/query/utf8.h"

namespace crm {

SqlFragment UpsertText(const TextRow& row,
                       const std::optional<TextIndexColumn>& index) {
  // Of the columns that a row keeps when it is stored anew: key and position.
  constexpr size_t kKept = 3;
  const SqlTextIndex& text_index = *row.table.text_index;
  std::vector<std::string> columns = {
      "tenant", "name", text_index.position_column, text_index.text_column};
  SqlFragment statement;
  statement.params = {row.tenant, row.name, row.position, row.text};
  size_t other = 0;
  for (const SqlColumn& column : row.table.columns) {
    if (std::ranges::find(columns, column.name) != columns.end()) continue;
    columns.push_back(column.name);
    statement.params.push_back(row.others[other++]);
  }
  std::vector<std::string> values(columns.size(), "?");
  for (std::string& column : columns) column = QuoteName(column);
  if (index.has_value()) {
    columns.push_back(index->column);
    values.push_back(index->value);
    statement.params.push_back(index->param);
  }
  std::vector<std::string> changes;
  for (size_t i = kKept; i < columns.size(); ++i) {
    changes.push_back(absl::StrCat(columns[i], " = excluded.", columns[i]));
  }
  statement.text = absl::StrCat("INSERT INTO ", QuoteName(row.table.name), " (",
                                absl::StrJoin(columns, ", "), ") VALUES (",
                                absl::StrJoin(values, ", "),
                                ") ON CONFLICT (tenant, name) DO UPDATE SET ",
                                absl::StrJoin(changes, ", "));
  return statement;
}

int64_t SearchPosition(absl::Time time) {
  // Until the year 2248; later instants would count as that one.
  constexpr int64_t kLast =
      std::numeric_limits<int64_t>::max() / kPositionsPerMillisecond - 1;
  return std::clamp<int64_t>(absl::ToUnixMillis(time), 0, kLast) *
         kPositionsPerMillisecond;
}

std::vector<absl::string_view> CharactersOf(absl::string_view text) {
  std::vector<absl::string_view> characters;
  size_t start = 0;
  for (size_t i = 1; i <= text.size(); ++i) {
    if (i < text.size() && IsUtf8Continuation(text[i])) continue;
    characters.push_back(text.substr(start, i - start));
    start = i;
  }
  return characters;
}

bool IsIndexedWord(absl::string_view word) {
  return CharactersOf(word).size() >= kMinIndexedWord;
}

SqlFragment ScanText(const TextQuery& query, std::optional<int> newest) {
  const SqlTextIndex& index = *query.table.text_index;
  const std::string table = QuoteName(query.table.name);
  const std::string position = QuoteName(index.position_column);
  const std::string text = QuoteName(index.text_column);
  // As its index says: without it PostgreSQL would sort all of the tenant.
  const std::string order = absl::StrCat(
      " ORDER BY ", position, " DESC NULLS LAST, name DESC NULLS LAST LIMIT ?");
  const SqlFragment rows{
      absl::StrCat(table, " WHERE tenant = ? AND ", position, " <= ? AND (",
                   position, " < ? OR name < ?)"),
      {query.tenant, query.after_position, query.after_position,
       query.after_name}};
  SqlFragment statement;
  statement.text = absl::StrCat("SELECT ", position, ", name FROM ");
  statement.params = rows.params;
  if (newest.has_value()) {
    absl::StrAppend(&statement.text, "(SELECT * FROM ", rows.text, order,
                    ") AS ", table, " WHERE 1=1");
    statement.params.push_back(int64_t{*newest});
  } else {
    absl::StrAppend(&statement.text, rows.text);
  }
  for (const std::string& word : query.words) {
    absl::StrAppend(&statement.text, " AND replace(", text, ", ?, '') <> ",
                    text);
    statement.params.push_back(word);
  }
  absl::StrAppend(&statement.text, " AND (", query.where.text, ")", order);
  statement.params.insert(statement.params.end(), query.where.params.begin(),
                          query.where.params.end());
  statement.params.push_back(int64_t{query.limit});
  return statement;
}

}  // namespace crm
