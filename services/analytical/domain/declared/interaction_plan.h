// The rules of interaction plans: how customers may be met, and when the next
// meeting is due.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_INTERACTION_PLAN_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_INTERACTION_PLAN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/interaction_plan.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses a plan by which nobody meets a customer: INVALID_ARGUMENT unless the
// kind is CALL, MEETING or VISIT.
absl::Status PrepareInteractionPlan(const v1::InteractionPlan* before,
                                    v1::InteractionPlan& after,
                                    const RuleContext& context);

// Returns when a customer of the plan is to be met again, who was met last at
// `since`, or has been there since then.
absl::Time DueTime(const v1::InteractionPlan& plan, absl::Time since);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_INTERACTION_PLAN_H_
