// Gives the default of a custom field to the resources that were there before.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_FIELD_DEFAULT_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_FIELD_DEFAULT_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/field_definition_bulk.pb.h"
#include "shared/resource/operation_kind.h"

namespace crm::operational {

// Each step looks at the next rows by name, and has each that lacks a value
// updated by a mutation of its own, so that one which its rules refuse fails
// alone and none is updated twice. The response is a BulkUpdateResult; the
// output has the failures.
absl::StatusOr<StepCommit> ApplyDefaultValueStep(
    const OperationStep& step, const v1::ApplyDefaultValueRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_FIELD_DEFAULT_H_
