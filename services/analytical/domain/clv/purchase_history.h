// When and for how much each customer bought, as models of customer lifetime
// value take it: by days, since purchases of one day are one.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_HISTORY_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_HISTORY_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"

namespace crm::analytical {

// The counted orders of one customer, all in one currency.
struct PurchaseHistory {
  std::string customer = {};
  // The first and the last day (UTC) with an order, in days since 1970.
  int64_t first_day = 0;
  int64_t last_day = 0;
  // The days with at least one order: 1 or more.
  int64_t purchase_day_count = 1;
  // What the orders after the first day brought, in nanos of the currency.
  absl::int128 repeat_revenue = 0;

  friend bool operator==(const PurchaseHistory&,
                         const PurchaseHistory&) = default;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_HISTORY_H_
