// The filters of roles, in which terms stand for what the caller is:
//
//   labels.region = caller.labels.region AND NOT state = LOST
//
// `caller.subject`, `caller.user`, `caller.customer` and `caller.labels.KEY`
// may stand where a value may.

#ifndef CRM_SHARED_RESOURCE_ROW_EXPRESSION_H_
#define CRM_SHARED_RESOURCE_ROW_EXPRESSION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "shared/auth/caller.h"
#include "shared/query/filter.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

// Returns `expression` over messages of `resource`, with the values of
// `caller`. Returns INVALID_ARGUMENT as Filter::Parse, and FAILED_PRECONDITION
// (CALLER_TERM_UNKNOWN) if the caller has no value for a term.
absl::StatusOr<Filter> CompileRowExpression(
    absl::string_view expression, const CallerIdentity& caller,
    const google::protobuf::Descriptor* resource,
    const FindCustomField& find_custom_field = {});

// Checks that `expression` would compile for a caller who has all terms.
// Violations name `field`.
absl::Status CheckRowExpression(absl::string_view expression,
                                const google::protobuf::Descriptor* resource,
                                absl::string_view field,
                                const FindCustomField& find_custom_field = {});

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ROW_EXPRESSION_H_
