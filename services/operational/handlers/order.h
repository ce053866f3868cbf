// The methods of OrderService and OrderReturnService that the kernel does not
// serve.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Order> HandleCancelOrder(
    Transaction& transaction, const CallContext& call,
    const v1::CancelOrderRequest& request);

absl::StatusOr<v1::Order> HandleFulfillOrder(
    Transaction& transaction, const CallContext& call,
    const v1::FulfillOrderRequest& request);

absl::StatusOr<v1::OrderReturn> HandleReceiveOrderReturn(
    Transaction& transaction, const CallContext& call,
    const v1::ReceiveOrderReturnRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_ORDER_H_
