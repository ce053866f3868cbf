// The custom methods of orders.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/order.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Serves OrderService.CancelOrder.
absl::StatusOr<v1::Order> HandleCancelOrder(
    Transaction& transaction, const CallContext& call,
    const v1::CancelOrderRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_
