// The methods that look at many runs of the lifecycle at once.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_VIEWS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_VIEWS_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Each serves the method of its request. They return PERMISSION_DENIED
// (FIELD_HIDDEN) to who may not see what they tell, and RESOURCE_EXHAUSTED
// (TOO_MANY_ROWS) beyond 200 000 runs, or 10 000 of one customer.
//
// NOT_FOUND for a vocabulary that is not there.
absl::StatusOr<v1::LifecycleGraph> HandleRenderLifecycle(
    const ReadView& view, const CallContext& call,
    const v1::RenderLifecycleRequest& request);

// Besides, INVALID_ARGUMENT for times that do not grow.
absl::StatusOr<v1::LifecycleFunnel> HandleMeasureLifecycleFunnel(
    const ReadView& view, const CallContext& call,
    const v1::MeasureLifecycleFunnelRequest& request);

absl::StatusOr<v1::LifecycleCycles> HandleMeasureLifecycleCycles(
    const ReadView& view, const CallContext& call,
    const v1::MeasureLifecycleCyclesRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_VIEWS_H_
