// GoalService.GetGoalProgress.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_GOAL_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_GOAL_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/goal.pb.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Serves the method of its request; see the proto for what it returns. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) where more than 200,000 rows are in the
// state that counts.
absl::StatusOr<v1::GoalProgress> HandleGetGoalProgress(
    const ReadView& view, const CallContext& call,
    const v1::GetGoalProgressRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_GOAL_H_
