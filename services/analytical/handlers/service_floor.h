// The method that tells whether all customers are served, beside the strategic
// ones.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SERVICE_FLOOR_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SERVICE_FLOOR_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/measured_views.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Serves the method of its request. Returns INVALID_ARGUMENT for a period that
// ends before it begins or in the future, and the errors of ChooseClvModel()
// and the warehouse.
absl::StatusOr<v1::ServiceFloorReport> HandleMeasureServiceFloor(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureServiceFloorRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SERVICE_FLOOR_H_
