// Parses the text of a filter into its syntax tree.

#ifndef CRM_SHARED_QUERY_FILTER_PARSER_H_
#define CRM_SHARED_QUERY_FILTER_PARSER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "shared/query/filter_source.h"
#include "shared/query/filter_syntax.h"

namespace crm {

// Returns the tree of `source`, nothing if it is blank.
//
// Returns INVALID_ARGUMENT with a violation of the source's field for text that
// is too long, not UTF-8, not of the language, or beyond the limits in
// filter.h.
absl::StatusOr<std::optional<FilterNode>> ParseFilter(
    const FilterSource& source);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_PARSER_H_
