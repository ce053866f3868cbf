#include "services/analytical/domain/clv/purchase_summary.h"

#include <algorithm>

#include "shared/base/money.h"

namespace crm::analytical {

PurchaseSummary Summarize(const PurchaseHistory& history, int64_t as_of_day,
                          double days_per_unit) {
  const auto time_between = [&](int64_t from, int64_t to) {
    return static_cast<double>(to - from) / days_per_unit;
  };
  PurchaseSummary summary;
  summary.times = {.frequency = history.purchase_day_count - 1,
                   .recency = time_between(history.first_day, history.last_day),
                   .age = time_between(history.first_day, as_of_day)};
  if (summary.times.frequency > 0) {
    summary.mean_value = static_cast<double>(history.repeat_revenue) /
                         static_cast<double>(kNanosPerUnit) /
                         static_cast<double>(summary.times.frequency);
  }
  return summary;
}

std::vector<WeightedTimes> WeighTimes(
    const std::vector<PurchaseSummary>& customers) {
  std::vector<PurchaseTimes> sorted;
  sorted.reserve(customers.size());
  for (const PurchaseSummary& customer : customers) {
    sorted.push_back(customer.times);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return (a <=> b) < 0; });
  std::vector<WeightedTimes> weighted;
  for (const PurchaseTimes& times : sorted) {
    if (weighted.empty() || weighted.back().times != times) {
      weighted.push_back({.times = times});
    }
    weighted.back().customer_count += 1;
  }
  return weighted;
}

}  // namespace crm::analytical
