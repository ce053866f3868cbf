// What each customer bought, summed over the orders that an analysis counts:
// the input of every analysis of customers.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CUSTOMER_TOTALS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CUSTOMER_TOTALS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"

namespace crm::analytical {

// The counted orders of one customer, all in one currency.
struct CustomerTotals {
  std::string customer = {};
  absl::Time last_order_time = {};
  // At least 1.
  int64_t order_count = 0;
  // The days (UTC) with at least one order.
  int64_t purchase_day_count = 0;
  // In nanos of the currency.
  absl::int128 revenue = 0;

  friend bool operator==(const CustomerTotals&,
                         const CustomerTotals&) = default;
};

// Returns when the newest order was made; the infinite past without any.
inline absl::Time NewestOrderTime(const std::vector<CustomerTotals>& totals) {
  absl::Time newest = absl::InfinitePast();
  for (const CustomerTotals& customer : totals) {
    newest = std::max(newest, customer.last_order_time);
  }
  return newest;
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CUSTOMER_TOTALS_H_
