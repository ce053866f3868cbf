// Reads the values of filters as the types of the fields they are compared to.

#ifndef CRM_SHARED_QUERY_FILTER_VALUE_H_
#define CRM_SHARED_QUERY_FILTER_VALUE_H_

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "shared/query/filter_source.h"
#include "shared/query/filter_syntax.h"
#include "shared/query/sql.h"

namespace crm {

// Returns `text`, which has no wildcard, as a value of `field`, encoded as the
// field's column is: `20s` of a Duration is 20'000'000.
//
// Returns INVALID_ARGUMENT with the place in `source` if it is not one.
absl::StatusOr<SqlValue> ParseFilterValue(
    const google::protobuf::FieldDescriptor& field, const FilterText& text,
    const FilterSource& source);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_VALUE_H_
