#include "shared/storage/postgres/text_index.h"

#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/digest.h"
#include "shared/base/status_macros.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

// Unicode has less than 2^21 code points, so that three fit in a number.
constexpr int kCodePointBits = 21;

// How many of the newest rows are looked at without the index, at first and at
// most.
constexpr int kFirstRows = 500;
constexpr int kMostRows = 16'000;

std::string TokensColumn(const SqlTable& table) {
  return QuoteName(absl::StrCat(table.text_index->name, "_tokens"));
}

// Adds the numbers of the runs in `word`.
void AddTokens(uint64_t tenant, absl::string_view word,
               std::set<int64_t>& tokens) {
  uint64_t after = 0;
  uint64_t second = 0;
  for (size_t length = 1; !word.empty(); ++length) {
    const uint64_t first = PopUtf8(word);
    if (length >= kMinIndexedWord) {
      const uint64_t run =
          (first << (2 * kCodePointBits)) | (second << kCodePointBits) | after;
      tokens.insert(static_cast<int64_t>(run ^ tenant));
    }
    after = second;
    second = first;
  }
}

// Returns the numbers of all words as the text of an array.
template <typename Words>
std::string TokensOf(const std::string& tenant, const Words& words) {
  const uint64_t hash = StableHash(tenant);
  std::set<int64_t> tokens;
  for (const absl::string_view word : words) AddTokens(hash, word, tokens);
  return absl::StrCat("{", absl::StrJoin(tokens, ","), "}");
}

// Returns the statement that answers `query` by the index, which gives the rows
// that have all runs of the words; those that have the words themselves are
// kept.
SqlFragment IndexedSql(const TextQuery& query) {
  TextQuery indexed = query;
  indexed.where.text =
      absl::StrCat(TokensColumn(query.table), " @> CAST(? AS BIGINT[]) AND (",
                   query.where.text, ")");
  indexed.where.params.insert(indexed.where.params.begin(),
                              TokensOf(query.tenant, query.words));
  return ScanText(indexed);
}

}  // namespace

std::vector<std::string> PostgresTextIndexSql(const SqlTable& table) {
  const std::string name = QuoteName(table.name);
  const std::string tokens = TokensColumn(table);
  return {absl::StrCat("ALTER TABLE ", name, " ADD COLUMN IF NOT EXISTS ",
                       tokens, " BIGINT[]"),
          absl::StrCat("CREATE INDEX IF NOT EXISTS ",
                       QuoteName(table.text_index->name), " ON ", name,
                       " USING gin (", tokens, ")")};
}

SqlFragment PostgresUpsertText(const TextRow& row) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(row.text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  return UpsertText(row, TextIndexColumn{.column = TokensColumn(row.table),
                                         .value = "CAST(? AS BIGINT[])",
                                         .param = TokensOf(row.tenant, words)});
}

absl::StatusOr<SqlRows> PostgresSearchText(const TextQuery& query,
                                           const RunSql& run) {
  for (int newest = kFirstRows; newest <= kMostRows;) {
    CRM_ASSIGN_OR_RETURN(SqlRows rows, run(ScanText(query, newest)));
    const int found = static_cast<int>(rows.size());
    if (found == query.limit) return rows;
    if (found == 0 || newest > kFirstRows) break;
    // As many as hold a page, if the older rows are like these, and half more.
    newest = newest * query.limit / found * 3 / 2;
  }
  return run(IndexedSql(query));
}

}  // namespace crm
