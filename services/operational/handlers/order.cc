#include "services/operational/handlers/order.h"

#include "services/operational/domain/order.h"
#include "services/operational/domain/order_return.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

absl::StatusOr<v1::Order> HandleCancelOrder(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CancelOrderRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.Move<v1::Order>(request));
  order.set_cancel_reason(request.reason());
  transaction.Update(order);
  return order;
}

absl::StatusOr<v1::Order> HandleFulfillOrder(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::FulfillOrderRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.Move<v1::Order>(request));
  CRM_RETURN_IF_ERROR(FulfillLines(request, order));
  transaction.Update(order);
  return order;
}

absl::StatusOr<v1::OrderReturn> HandleReceiveOrderReturn(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ReceiveOrderReturnRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::OrderReturn order_return,
                       transaction.Move<v1::OrderReturn>(request));
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.view().GetLive<v1::Order>(
                                            order_return.order()));
  CRM_RETURN_IF_ERROR(TakeBack(order_return, order));
  transaction.Update(order);
  transaction.Update(order_return);
  return order_return;
}

}  // namespace crm::operational
