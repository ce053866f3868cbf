// The rules of orders: exact totals, and the way from DRAFT to CONFIRMED.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/order.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks an order before it is stored. A new one is DRAFT and
// ordered now unless it says when. Lines without an id get the lowest free
// number, lines take name and price from their product where they have none,
// then they are priced: see PriceOrder().
//
// Returns FAILED_PRECONDITION (ORDER_NOT_DRAFT) if lines change after DRAFT,
// ORDER_EMPTY if it is submitted without any, and INVALID_ARGUMENT with the violations of all lines.
absl::Status PrepareOrder(const v1::Order* before, v1::Order& after,
                          const RuleContext& context);

// Sets the amount of each line, price x quantity x (1 - discount), and the
// total as their sum, exact to nanos.
//
// Returns INVALID_ARGUMENT with a violation for every line that repeats an id,
// has no price or a negative one, one in another currency than the order, or
// whose amount is no whole number of nanos or too large; or if the sum is.
absl::Status PriceOrder(v1::Order& order);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ORDER_H_
