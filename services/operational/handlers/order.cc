#include "services/operational/handlers/order.h"

#include <utility>

#include "services/operational/domain/order.h"

namespace crm::operational {

absl::StatusOr<v1::Order> HandleSubmitOrder(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::SubmitOrderRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.GetLive<v1::Order>(
                                            request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(order, SubmitOrder(std::move(order), transaction.now()));
  transaction.Update(order);
  return order;
}

absl::StatusOr<v1::Order> HandleConfirmOrder(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ConfirmOrderRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.GetLive<v1::Order>(
                                            request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(order,
                       ConfirmOrder(std::move(order), transaction.now()));
  transaction.Update(order);
  return order;
}

absl::StatusOr<v1::Order> HandleCancelOrder(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CancelOrderRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Order order, transaction.GetLive<v1::Order>(
                                            request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(order, CancelOrder(std::move(order), request.reason(),
                                          transaction.now()));
  transaction.Update(order);
  return order;
}

}  // namespace crm::operational
