#include "shared/query/order_by.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter_source.h"

namespace crm {
namespace {

constexpr char kField[] = "order_by";
constexpr size_t kMaxOrderByBytes = 1024;

// `orderTime` is `order_time`; snake case stays as it is.
std::string ToSnakeCase(absl::string_view path) {
  std::string snake;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isupper(byte)) snake.push_back('_');
    snake.push_back(absl::ascii_tolower(byte));
  }
  return snake;
}

// Returns the column of the field at `path` if rows have one value in it.
const Column* FindOrdering(const ColumnMap& columns, absl::string_view path) {
  const Column* column = columns.Find(path);
  return column == nullptr || column->many ? nullptr : column;
}

absl::StatusOr<OrderTerm> ParseTerm(absl::string_view text,
                                    const ColumnMap& columns) {
  const std::vector<std::string> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n\r"), absl::SkipEmpty());
  if (words.empty()) {
    return BadField(kField, "A field name is missing between commas.");
  }
  OrderTerm term{.path = words[0], .column = ""};
  const Column* column = FindOrdering(columns, term.path);
  if (column == nullptr) {
    term.path = ToSnakeCase(words[0]);
    column = FindOrdering(columns, term.path);
  }
  if (column == nullptr) {
    const size_t dot = term.path.rfind('.');
    if (dot != std::string::npos &&
        columns.Find(term.path.substr(0, dot)) != nullptr) {
      return BadField(
          kField, absl::StrCat("Field ", Quoted(words[0]),
                               " is one of another resource; lists are ordered "
                               "by their own fields: ",
                               absl::StrJoin(columns.paths(), ", "), "."));
    }
    return BadField(kField,
                    absl::StrCat("Field ", Quoted(words[0]),
                                 " does not exist or cannot be ordered by; "
                                 "these can: ",
                                 absl::StrJoin(columns.paths(), ", "), "."));
  }
  term.column = column->name;
  term.nullable = column->nullable;
  term.descending = words.size() > 1 && words[1] == "desc";
  if (words.size() > 2 ||
      (words.size() == 2 && !term.descending && words[1] != "asc")) {
    return BadField(kField, absl::StrCat("After field ", Quoted(words[0]),
                                         " only 'asc' or 'desc' may follow."));
  }
  return term;
}

bool IsNull(const SqlValue& value) {
  return std::holds_alternative<std::monostate>(value);
}

// Whether a comparison of rows, `(a, b) > (?, ?)`, says what comes after
// `last`. It ignores rows with NULL, which are right to ignore only when
// ascending, where NULL comes first.
bool ComparesAsRow(const std::vector<OrderTerm>& terms,
                   const std::vector<SqlValue>& last) {
  const bool descending = terms.front().descending;
  for (const OrderTerm& term : terms) {
    if (term.descending != descending) return false;
    if (descending && term.nullable) return false;
  }
  return std::ranges::none_of(last, IsNull);
}

SqlFragment RowComparison(const std::vector<OrderTerm>& terms,
                          const std::vector<SqlValue>& last) {
  const absl::string_view relation = terms.front().descending ? " < " : " > ";
  if (terms.size() == 1) {
    return {absl::StrCat(terms.front().column, relation, "?"), last};
  }
  const auto column = [](std::string* out, const OrderTerm& term) {
    out->append(term.column);
  };
  const std::vector<absl::string_view> marks(terms.size(), "?");
  return {absl::StrCat("(", absl::StrJoin(terms, ", ", column), ")", relation,
                       "(", absl::StrJoin(marks, ", "), ")"),
          last};
}

// Returns what comes after `value` by `term` or, with the same value, satisfies
// `rest`; `rest` is empty for the last term.
SqlFragment AfterTerm(const OrderTerm& term, const SqlValue& value,
                      SqlFragment rest) {
  const std::string& column = term.column;
  const bool last = rest.text.empty();
  const std::string tail = last ? "" : absl::StrCat("(", rest.text, ")");
  std::vector<SqlValue> params;
  std::string text;
  if (IsNull(value)) {
    if (term.descending) {
      text = last ? "1=0" : absl::StrCat(column, " IS NULL AND ", tail);
    } else {
      text = absl::StrCat(column, " IS NOT NULL", last ? "" : " OR ", tail);
    }
  } else if (term.descending && term.nullable) {
    text = absl::StrCat(column, " < ? OR ", column, " IS NULL");
    params = {value};
    if (!last) {
      absl::StrAppend(&text, " OR (", column, " = ? AND ", tail, ")");
      params.push_back(value);
    }
  } else {
    const absl::string_view relation = term.descending ? " <" : " >";
    text = absl::StrCat(column, relation, " ?");
    params = {value};
    if (!last) {
      // The first condition follows from the second; it is what an index
      // serves.
      text =
          absl::StrCat(column, relation, "= ? AND (", text, " OR ", tail, ")");
      params.push_back(value);
    }
  }
  std::move(rest.params.begin(), rest.params.end(), std::back_inserter(params));
  return {std::move(text), std::move(params)};
}

}  // namespace

absl::StatusOr<std::vector<OrderTerm>> ParseOrderBy(absl::string_view text,
                                                    const ColumnMap& columns) {
  std::vector<OrderTerm> terms;
  if (absl::StripAsciiWhitespace(text).empty()) return terms;
  if (text.size() > kMaxOrderByBytes) {
    return BadField(kField, absl::StrCat("It is longer than ", kMaxOrderByBytes,
                                         " bytes."));
  }
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    CRM_ASSIGN_OR_RETURN(OrderTerm term, ParseTerm(part, columns));
    if (std::ranges::find(terms, term.path, &OrderTerm::path) != terms.end()) {
      return BadField(kField, absl::StrCat("Field ", Quoted(term.path),
                                           " is named twice."));
    }
    if (terms.size() == kMaxOrderTerms) {
      return BadField(kField, absl::StrCat("It has more than ", kMaxOrderTerms,
                                           " fields."));
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

std::vector<OrderTerm> TotalOrder(std::vector<OrderTerm> terms,
                                  absl::string_view name_column) {
  if (std::ranges::find(terms, name_column, &OrderTerm::column) !=
      terms.end()) {
    return terms;
  }
  const bool descending = !terms.empty() && terms.back().descending;
  terms.push_back({.path = "name",
                   .column = std::string(name_column),
                   .descending = descending,
                   .nullable = false});
  return terms;
}

std::string OrderByText(const std::vector<OrderTerm>& total_order) {
  return absl::StrJoin(
      total_order, ", ", [](std::string* out, const OrderTerm& term) {
        absl::StrAppend(out, term.column, term.descending ? " DESC" : "");
        if (term.nullable) {
          absl::StrAppend(out, " NULLS ", term.descending ? "LAST" : "FIRST");
        }
      });
}

SqlFragment RowsAfter(const std::vector<OrderTerm>& total_order,
                      const std::vector<SqlValue>& last) {
  if (ComparesAsRow(total_order, last)) return RowComparison(total_order, last);
  SqlFragment after;
  for (size_t i = total_order.size(); i-- > 0;) {
    after = AfterTerm(total_order[i], last[i], std::move(after));
  }
  return after;
}

}  // namespace crm
