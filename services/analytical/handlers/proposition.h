// Custom methods of propositions.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_PROPOSITION_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_PROPOSITION_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Measures a proposition over one state of the warehouse. Activities are not
// counted, so what they cost is marked as missing. Beside the errors of
// Get(), ValueOf(), CostOf() and the warehouse: INVALID_ARGUMENT for times that
// do not grow or lie in the future.
absl::StatusOr<v1::MeasurePropositionResponse> HandleMeasureProposition(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasurePropositionRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_PROPOSITION_H_
