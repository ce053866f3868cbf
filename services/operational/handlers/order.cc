#include "services/operational/handlers/order.h"

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

}  // namespace crm::operational
