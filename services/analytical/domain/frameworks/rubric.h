// The rules of rubrics: questionnaires whose weights add up, and which stay as
// they are once they are in use.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RUBRIC_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RUBRIC_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Returns INVALID_ARGUMENT with a violation for each id that is there twice and
// for weights that do not sum to 1000000; FAILED_PRECONDITION
// (RUBRIC_NOT_DRAFT) if the dimensions of one that was activated change.
absl::Status PrepareRubric(const v1::Rubric* before, v1::Rubric& after,
                           const RuleContext& context);

// Returns FAILED_PRECONDITION (RUBRIC_IN_USE) for all but drafts.
absl::Status CheckRubricDeletable(const v1::Rubric& rubric);

// Returns a draft of the next revision, without a name. FAILED_PRECONDITION
// (RUBRIC_DRAFT) for what is a draft itself.
absl::StatusOr<v1::Rubric> Revise(const v1::Rubric& rubric);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RUBRIC_H_
