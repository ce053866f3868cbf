// Orders of lists: parsed from `order_by` (AIP-132), turned into SQL, continued
// after the last row of a page.
//
//   "state, order_time desc" -> ORDER BY state, order_time DESC, name DESC
//
// Every order ends with the name, so that it is total, and NULL comes before
// every value (after, when descending), on SQLite and PostgreSQL alike.

#ifndef CRM_SHARED_QUERY_ORDER_BY_H_
#define CRM_SHARED_QUERY_ORDER_BY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/column_map.h"
#include "shared/query/sql.h"

namespace crm {

// The most fields in one order.
inline constexpr size_t kMaxOrderTerms = 8;

// One field of an order.
struct OrderTerm {
  std::string path;
  std::string column;
  bool descending = false;
  bool nullable = true;

  friend bool operator==(const OrderTerm&, const OrderTerm&) = default;
};

// Parses `text`: field paths (snake case or camel case) parted by commas, each
// with an optional `asc` or `desc`. Blank text is no terms.
//
// Returns INVALID_ARGUMENT (BAD_REQUEST, `order_by`) for a field without a
// column or named twice, a word that is neither asc nor desc, and too many
// fields.
absl::StatusOr<std::vector<OrderTerm>> ParseOrderBy(absl::string_view text,
                                                    const ColumnMap& columns);

// Returns `terms` made total by the unique, never NULL `name_column`, which
// goes in the direction of the last term; as they are if they contain it.
std::vector<OrderTerm> TotalOrder(std::vector<OrderTerm> terms,
                                  absl::string_view name_column);

// Returns what follows ORDER BY: `state, order_time DESC NULLS LAST, name
// DESC`.
std::string OrderByText(const std::vector<OrderTerm>& total_order);

// Returns the condition that holds for the rows that come after the one whose
// values of the terms are `last`. Requires as many values as terms, and the
// terms to be a TotalOrder. It is a range of the index that the terms form
// where they allow that.
SqlFragment RowsAfter(const std::vector<OrderTerm>& total_order,
                      const std::vector<SqlValue>& last);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_ORDER_BY_H_
