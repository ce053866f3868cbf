#include "shared/storage/sqlite/text_index.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

// So many of the newest rows with a token show how rare it is.
constexpr int64_t kSampledRows = 64;

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

// Returns tokens as FTS5 is asked for them: one after the other. They hold no
// quotation mark, which AppendToken() moves away.
std::string Quoted(absl::string_view tokens) {
  return absl::StrCat("\"", tokens, "\"");
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

// What to ask the index for, and what to ask of the text of each row found.
struct Lookup {
  std::string match;
  std::vector<std::string> to_check;
};

// Returns the rarer half of `tokens`, by how far back the newest rows reach
// that have them.
absl::StatusOr<std::vector<std::string>> RarerTokens(
    SqlReader& reader, const TextQuery& query,
    std::vector<std::string> tokens) {
  if (tokens.size() < 2) return tokens;
  const std::string index = QuoteName(query.table.text_index->name);
  const std::string statement = absl::StrCat(
      "SELECT rowid FROM ", index, " WHERE ", index,
      " MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 1 OFFSET ?");
  std::vector<std::pair<int64_t, std::string>> by_reach;
  for (std::string& token : tokens) {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(statement,
                     {Quoted(token), query.after_position, kSampledRows}));
    // Few rows have what does not get that far.
    const int64_t reach = rows.empty() ? 0 : std::get<int64_t>(rows[0][0]);
    by_reach.emplace_back(reach, std::move(token));
  }
  std::sort(by_reach.begin(), by_reach.end());
  tokens.clear();
  for (size_t i = 0; i < (by_reach.size() + 1) / 2; ++i) {
    tokens.push_back(std::move(by_reach[i].second));
  }
  return tokens;
}

absl::StatusOr<Lookup> PlanLookup(SqlReader& reader, const TextQuery& query) {
  const std::string start = TokenStart(query.tenant);
  const bool alone = std::ranges::count_if(query.words, IsIndexedWord) == 1;
  std::vector<std::string> asked;
  Lookup lookup;
  for (const std::string& word : query.words) {
    const std::string tokens = WordTokens(start, word);
    if (alone && !tokens.empty()) {
      // Rows that have all tokens but not the word may be most of those found,
      // and the index knows the order of tokens sooner than the text is read.
      asked.push_back(Quoted(tokens));
      continue;
    }
    lookup.to_check.push_back(word);
    if (tokens.empty()) continue;
    CRM_ASSIGN_OR_RETURN(
        const std::vector<std::string> rarer,
        RarerTokens(reader, query, absl::StrSplit(tokens, ' ')));
    for (const std::string& token : rarer) asked.push_back(Quoted(token));
  }
  lookup.match = absl::StrJoin(asked, " AND ");
  return lookup;
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

absl::StatusOr<SqlRows> SearchIndexedText(SqlReader& reader,
                                          const TextQuery& query) {
  CRM_ASSIGN_OR_RETURN(const Lookup lookup, PlanLookup(reader, query));
  const SqlTextIndex& index = *query.table.text_index;
  const std::string table = QuoteName(query.table.name);
  const std::string name = QuoteName(index.name);
  const std::string text = QuoteName(index.text_column);
  const std::string position = QuoteName(index.position_column);
  // The index leads, newest first, so that the search ends with the page.
  std::string statement =
      absl::StrCat("SELECT ", table, ".", position, ", ", table, ".name FROM ",
                   name, " CROSS JOIN ", table, " ON ", table,
                   ".tenant = ? AND ", table, ".", position, " = ", name,
                   ".rowid WHERE ", name, " MATCH ? AND ", name, ".rowid < ?");
  std::vector<SqlValue> params = {query.tenant, lookup.match,
                                  query.after_position};
  for (const std::string& word : lookup.to_check) {
    absl::StrAppend(&statement, " AND instr(", text, ", ?) > 0");
    params.push_back(word);
  }
  absl::StrAppend(&statement, " AND (", query.where.text, ") ORDER BY ", name,
                  ".rowid DESC LIMIT ?");
  params.insert(params.end(), query.where.params.begin(),
                query.where.params.end());
  params.push_back(int64_t{query.limit});
  return reader.Query(statement, params);
}

}  // namespace crm
