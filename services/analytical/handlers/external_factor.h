// Custom methods of external factors.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_EXTERNAL_FACTOR_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_EXTERNAL_FACTOR_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Draws the factors in force that the caller may read. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) for more than 1000 factors of the tenant,
// PERMISSION_DENIED (FIELD_HIDDEN) if he may not see what the graph tells.
absl::StatusOr<v1::ComputeFactorGraphResponse> HandleComputeFactorGraph(
    const ReadView& view, const CallContext& call,
    const v1::ComputeFactorGraphRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_EXTERNAL_FACTOR_H_
