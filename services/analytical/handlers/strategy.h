// Custom methods of strategies.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGY_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGY_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Measures the objectives of a strategy over one state of the warehouse. Beside
// the errors of Get(), ValueOf() and the warehouse: INVALID_ARGUMENT for an
// instant to come.
absl::StatusOr<v1::MeasureStrategyResponse> HandleMeasureStrategy(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureStrategyRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGY_H_
