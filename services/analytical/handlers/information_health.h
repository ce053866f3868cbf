// The method that tells what is missing, doubled or old of what is known.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_INFORMATION_HEALTH_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_INFORMATION_HEALTH_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/measured_views.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/call/call.h"

namespace crm::analytical {

// Serves the method of its request. Returns the errors of the warehouse.
absl::StatusOr<v1::InformationHealth> HandleMeasureInformationHealth(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureInformationHealthRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_INFORMATION_HEALTH_H_
