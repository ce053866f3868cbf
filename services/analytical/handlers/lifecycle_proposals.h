// Says which steps of the lifecycle the facts propose. Callers take them by the
// verbs of the journeys, which are guarded as any other call is.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_PROPOSALS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_PROPOSALS_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Serves the method of its request. Returns the errors of a page token and of
// the warehouse, PERMISSION_DENIED (FIELD_HIDDEN) to who may not see what the
// proposals tell, and RESOURCE_EXHAUSTED (TOO_MANY_ROWS) beyond 200 000 runs or
// 1 000 000 orders.
absl::StatusOr<v1::ProposeLifecycleTransitionsResponse>
HandleProposeLifecycleTransitions(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ProposeLifecycleTransitionsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_PROPOSALS_H_
