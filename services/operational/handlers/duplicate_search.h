// `FindDuplicates`: compares all stored resources of a type, block by block.
//
// A step reads blocks until it has compared some thousands of pairs, so memory
// is bounded by one block and its matches, and stores the candidates with where
// it stands. After a kill it goes on there, and proposes nothing twice.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_SEARCH_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_SEARCH_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/duplicate_rule_transitions.pb.h"
#include "shared/resource/operation_kind.h"

namespace crm::operational {

// A step of the operation; see OperationKind. Ends with FAILED_PRECONDITION
// (RULE_NOT_ACTIVE) if the rule is not in use, and waits while its index is
// being filled.
absl::StatusOr<StepCommit> FindDuplicatesStep(
    const OperationStep& step, const v1::FindDuplicatesRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_SEARCH_H_
