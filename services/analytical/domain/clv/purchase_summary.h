// What models of customer lifetime value need to know of a customer, by the
// convention of their literature (Fader, Hardie & Lee 2005):
//
//   purchases of one day are one, and the first one is not counted;
//   frequency  how many days with a purchase came after the first one;
//   recency    the time from the first to the last purchase, 0 without another;
//   age        the time from the first purchase to the instant of the analysis;
//   mean value what a repeat purchase brought on average, all of a day as one.
//
// Times are differences of whole days, in the unit that the caller names, and
// are not rounded. Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_SUMMARY_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_SUMMARY_H_

#include <compare>
#include <cstdint>
#include <vector>

#include "services/analytical/domain/clv/purchase_history.h"

namespace crm::analytical {

// When a customer bought, which is all that a model of purchases knows of it.
struct PurchaseTimes {
  int64_t frequency = 0;
  double recency = 0;
  double age = 0;

  friend auto operator<=>(const PurchaseTimes&, const PurchaseTimes&) = default;
};

struct PurchaseSummary {
  PurchaseTimes times;
  // In units of the currency; 0 without a repeat purchase.
  double mean_value = 0;

  friend bool operator==(const PurchaseSummary&,
                         const PurchaseSummary&) = default;
};

// Returns the summary as of `as_of_day`, which no purchase is later than;
// `days_per_unit` is 7 for weeks.
PurchaseSummary Summarize(const PurchaseHistory& history, int64_t as_of_day,
                          double days_per_unit);

// Customers that bought at the same times.
struct WeightedTimes {
  PurchaseTimes times;
  double customer_count = 0;
};

// Returns the different times among `customers`, growing. Models cost by these,
// which are far fewer than customers.
std::vector<WeightedTimes> WeighTimes(
    const std::vector<PurchaseSummary>& customers);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_SUMMARY_H_
