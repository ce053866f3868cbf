// The methods that tell where each customer stands in IDIC.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_VIEWS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_VIEWS_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/scorecard_views.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Each serves the method of its request. Identify returns NOT_FOUND for a
// customer that the warehouse does not have; Differentiate NOT_FOUND for such a
// model, INVALID_ARGUMENT for a time in the future or a model of a later one,
// and the errors of a page token. Both return those of the warehouse.
absl::StatusOr<v1::CustomerIdentification> HandleIdentifyCustomer(
    Analytics& analytics, const CallContext& call,
    const v1::IdentifyCustomerRequest& request);
absl::StatusOr<v1::DifferentiateCustomersResponse> HandleDifferentiateCustomers(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::DifferentiateCustomersRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_VIEWS_H_
