// Interaction plans: which customers are to be met again.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_INTERACTION_PLAN_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_INTERACTION_PLAN_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/interaction_plan.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Serves InteractionPlanService.PlanInteractions. Returns NOT_FOUND,
// INVALID_ARGUMENT for a time in the future, and the errors of a page token.
absl::StatusOr<v1::PlanInteractionsResponse> HandlePlanInteractions(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::PlanInteractionsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_INTERACTION_PLAN_H_
