// The rules of CRM projects: milestones that wait for each other, and risks.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRM_PROJECT_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRM_PROJECT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Returns INVALID_ARGUMENT with a violation for each id that is there twice and
// each milestone that waits for one that is not there, for itself, or twice for
// the same; FAILED_PRECONDITION: MILESTONES_IN_CYCLE, with the cycle,
// MILESTONES_OPEN, with those, if it is DONE, PROJECT_ENDED if the plan changes
// after that.
absl::Status PrepareCrmProject(const v1::CrmProject* before,
                               v1::CrmProject& after,
                               const RuleContext& context);

// Returns the schedule of the milestones of a stored project.
v1::ComputeCriticalPathResponse CriticalPathOf(const v1::CrmProject& project);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRM_PROJECT_H_
