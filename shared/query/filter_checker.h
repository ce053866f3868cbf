// Checks the syntax tree of a filter against the message it is about.

#ifndef CRM_SHARED_QUERY_FILTER_CHECKER_H_
#define CRM_SHARED_QUERY_FILTER_CHECKER_H_

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "shared/query/filter_expression.h"
#include "shared/query/filter_source.h"
#include "shared/query/filter_syntax.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

// Returns `node` with its paths resolved in `resource` and its values read.
// References are followed where `find_target` is not empty and knows the
// target. Custom fields have the types that `find_custom_field` says; where it
// is empty, there are none.
//
// Returns INVALID_ARGUMENT with a violation of the source's field for an
// unknown field, a value of the wrong type, and a comparator that the field has
// not.
absl::StatusOr<FilterExpression> CheckFilter(
    const FilterNode& node, const google::protobuf::Descriptor& resource,
    const FilterSource& source, const FindTarget& find_target,
    const FindCustomField& find_custom_field);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_CHECKER_H_
