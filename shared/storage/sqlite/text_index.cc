#include "shared/storage/sqlite/text_index.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/status_macros.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

// Stands between words, so that no phrase reaches over. Tokens of text have a
// tenant in them and are never equal to it.
constexpr char kWordEnd[] = "0";

// Where ASCII other than letters and digits is moved to: FTS5's `ascii`
// tokenizer would take it for the end of a token.
constexpr uint32_t kPrivateUse = 0xE000;

void AppendToken(absl::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !absl::ascii_isalnum(byte)) {
      AppendUtf8(kPrivateUse + byte, out);
    } else {
      out.push_back(c);
    }
  }
}

// Returns what all tokens of `tenant` begin with.
std::string TokenStart(absl::string_view tenant) {
  std::string start;
  AppendToken(tenant, start);
  AppendToken("/", start);
  return start;
}

// Returns the tokens of one word, with a space between two; none for a short
// one.
std::string WordTokens(absl::string_view start, absl::string_view word) {
  const std::vector<absl::string_view> characters = CharactersOf(word);
  std::string tokens;
  for (size_t i = 0; i + kMinIndexedWord <= characters.size(); ++i) {
    const absl::string_view last = characters[i + kMinIndexedWord - 1];
    const char* const begin = characters[i].data();
    absl::StrAppend(&tokens, tokens.empty() ? "" : " ", start);
    AppendToken({begin, static_cast<size_t>(last.end() - begin)}, tokens);
  }
  return tokens;
}

// What stands in a row now, if it is there.
struct Present {
  int64_t position = 0;
  std::string text;
};

absl::StatusOr<std::optional<Present>> FindRow(SqlWriter& writer,
                                               const SqlTable& table,
                                               const std::string& tenant,
                                               const std::string& name) {
  const SqlTextIndex& index = *table.text_index;
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      writer.Query(
          absl::StrCat("SELECT ", QuoteName(index.position_column), ", ",
                       QuoteName(index.text_column), " FROM ",
                       QuoteName(table.name), " WHERE tenant = ? AND name = ?"),
          {tenant, name}));
  if (rows.empty()) return std::nullopt;
  return Present{std::get<int64_t>(rows[0][0]),
                 std::move(std::get<std::string>(rows[0][1]))};
}

// Returns the next number of the millisecond that `position` is of.
absl::StatusOr<int64_t> NextPosition(SqlWriter& writer,
                                     const SqlTextIndex& index,
                                     int64_t position) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(absl::StrCat("SELECT rowid FROM ", QuoteName(index.name),
                                " WHERE rowid >= ? AND rowid < ? "
                                "ORDER BY rowid DESC LIMIT 1"),
                   {position, position + kPositionsPerMillisecond}));
  return rows.empty() ? position : std::get<int64_t>(rows[0][0]) + 1;
}

absl::Status AddEntry(SqlWriter& writer, const TextRow& row) {
  return writer.Post(
      absl::StrCat("INSERT INTO ", QuoteName(row.table.text_index->name),
                   " (rowid, tokens) VALUES (?, ?)"),
      {row.position, TextTokens(row.tenant, row.text)});
}

// The index keeps no text, so what leaves it is said again.
absl::Status RemoveEntry(SqlWriter& writer, const SqlTable& table,
                         const std::string& tenant, const Present& present) {
  const std::string name = QuoteName(table.text_index->name);
  return writer.Post(absl::StrCat("INSERT INTO ", name, " (", name,
                                  ", rowid, tokens) VALUES ('delete', ?, ?)"),
                     {present.position, TextTokens(tenant, present.text)});
}

}  // namespace

std::string TextTokens(absl::string_view tenant, absl::string_view text) {
  const std::string start = TokenStart(tenant);
  std::string tokens;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    const std::string of_word = WordTokens(start, word);
    if (of_word.empty()) continue;
    absl::StrAppend(&tokens, tokens.empty() ? "" : " ", of_word, " ", kWordEnd);
  }
  return tokens;
}

std::vector<std::string> TextIndexSql(const SqlTable& table) {
  return {absl::StrCat("CREATE VIRTUAL TABLE ",
                       QuoteName(table.text_index->name),
                       " USING fts5(tokens, content='', tokenize='ascii')")};
}

absl::Status PutIndexedText(SqlWriter& writer, const TextRow& row) {
  TextRow stored = row;
  CRM_ASSIGN_OR_RETURN(const std::optional<Present> present,
                       FindRow(writer, row.table, row.tenant, row.name));
  if (present.has_value()) {
    stored.position = present->position;
    CRM_RETURN_IF_ERROR(RemoveEntry(writer, row.table, row.tenant, *present));
  } else {
    CRM_ASSIGN_OR_RETURN(
        stored.position,
        NextPosition(writer, *row.table.text_index, row.position));
  }
  CRM_RETURN_IF_ERROR(AddEntry(writer, stored));
  const SqlFragment statement = UpsertText(stored);
  return writer.Post(statement.text, statement.params);
}

absl::Status RemoveIndexedText(SqlWriter& writer, const SqlTable& table,
                               const std::string& tenant,
                               const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const std::optional<Present> present,
                       FindRow(writer, table, tenant, name));
  if (!present.has_value()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(RemoveEntry(writer, table, tenant, *present));
  return writer.SqlWriter::RemoveText(table, tenant, name);
}

SqlFragment SearchTextSql(const TextQuery& query) {
  const SqlTextIndex& index = *query.table.text_index;
  const std::string table = QuoteName(query.table.name);
  const std::string name = QuoteName(index.name);
  const std::string text = QuoteName(index.text_column);
  const std::string position = QuoteName(index.position_column);
  const std::string start = TokenStart(query.tenant);
  std::string match;
  for (const std::string& word : query.words) {
    const std::string tokens = WordTokens(start, word);
    if (tokens.empty()) continue;
    absl::StrAppend(&match, match.empty() ? "" : " AND ", "\"", tokens, "\"");
  }
  // The index leads, newest first, so that the search ends with the page.
  SqlFragment statement;
  statement.text =
      absl::StrCat("SELECT ", table, ".", position, ", ", table, ".name FROM ",
                   name, " CROSS JOIN ", table, " ON ", table,
                   ".tenant = ? AND ", table, ".", position, " = ", name,
                   ".rowid WHERE ", name, " MATCH ? AND ", name, ".rowid < ?");
  statement.params = {query.tenant, match, query.after_position};
  for (const std::string& word : query.words) {
    if (IsIndexedWord(word)) continue;
    absl::StrAppend(&statement.text, " AND instr(", text, ", ?) > 0");
    statement.params.push_back(word);
  }
  absl::StrAppend(&statement.text, " AND (", query.where.text, ") ORDER BY ",
                  name, ".rowid DESC LIMIT ?");
  statement.params.insert(statement.params.end(), query.where.params.begin(),
                          query.where.params.end());
  statement.params.push_back(int64_t{query.limit});
  return statement;
}

}  // namespace crm
