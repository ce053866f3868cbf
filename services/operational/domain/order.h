// The rules of orders: what their lines come to, and what was handed over of
// them.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_

#include "absl/status/status.h"
#include "crm/operational/v1/order.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks an order before it is stored: a new one is ordered now
// unless it says when; a draft's lines are completed and priced, see
// domain/price_book.h and domain/sales_lines.h, when they are written and when
// it is submitted. Those of a quote are complete.
//
// Returns INVALID_ARGUMENT with the violations of all lines, and
// FAILED_PRECONDITION: ORDER_NOT_DRAFT if lines or their discount change after
// DRAFT, ORDER_EMPTY if it is submitted without any, ORDER_FULFILLED if it is
// cancelled after something was handed over, ORDER_INVOICED while invoices
// ask for a part of it.
absl::Status PrepareOrder(const v1::Order* before, v1::Order& after,
                          const RuleContext& context);

// Prices the lines of an order and sets its totals; errors as PriceLines().
absl::Status PriceOrder(v1::Order& order);

// Notes what `request` says was handed over.
//
// Returns FAILED_PRECONDITION (LINE_NOT_OPEN) for more than is open, and
// INVALID_ARGUMENT for a line that the order has not or that is named twice.
absl::Status FulfillLines(const v1::FulfillOrderRequest& request,
                          v1::Order& order);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_
