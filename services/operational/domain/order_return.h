// The rules of returns: how much of an order can come back, and what it is
// worth.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_RETURN_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_RETURN_H_

#include "absl/status/status.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks a return: customer and worth come from the order, the
// worth when its lines are written or agreed to.
//
// Returns INVALID_ARGUMENT for a line that the order has not or that is named
// twice, and FAILED_PRECONDITION: RETURN_FIXED if lines change after REQUESTED,
// RETURN_EMPTY if it is approved without any,
// RETURN_TOO_MUCH for more units than were handed over and did not come back.
absl::Status PrepareOrderReturn(const v1::OrderReturn* before,
                                v1::OrderReturn& after,
                                const RuleContext& context);

// Notes in `order` that what `order_return` names came back, and what it is
// worth by now. Errors as PrepareOrderReturn().
//
// A line's units are worth their part of its net and tax, rounded half to even
// to nanos, so that all of them, however many returns they come back by, are
// worth exactly the line.
absl::Status TakeBack(v1::OrderReturn& order_return, v1::Order& order);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_RETURN_H_
