// The methods that tell of those who order.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_BASE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_BASE_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/customer_base.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/call/call.h"

namespace crm::analytical {

// Each serves the method of its request. Both return INVALID_ARGUMENT for times
// that do not grow and MIXED_CURRENCIES, and the errors of the warehouse;
// Estimate those of FillRetentionEffect() too.
absl::StatusOr<v1::CustomerBase> HandleMeasureCustomerBase(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureCustomerBaseRequest& request);
absl::StatusOr<v1::RetentionEffect> HandleEstimateRetentionEffect(
    Analytics& analytics, const CallContext& call,
    const v1::EstimateRetentionEffectRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_BASE_H_
