#include "tests/services/analytical/domain/clv/cdnow_customers.h"

#include <map>
#include <string>

namespace crm::analytical::testing {

int64_t DayNumber(absl::string_view day) {
  return absl::ToUnixSeconds(Midnight(day)) / (24 * 60 * 60);
}

std::vector<PurchaseHistory> MakeHistories(
    const std::vector<Purchase>& purchases, int64_t last_day) {
  std::map<std::string, std::map<int64_t, absl::int128>> days;
  for (const Purchase& purchase : purchases) {
    absl::Duration rest;
    const int64_t day = absl::IDivDuration(purchase.time - absl::UnixEpoch(),
                                           absl::Hours(24), &rest);
    if (day <= last_day) days[purchase.customer][day] += purchase.nanos;
  }
  std::vector<PurchaseHistory> histories;
  for (const auto& [customer, amounts] : days) {
    PurchaseHistory history{
        .customer = customer,
        .first_day = amounts.begin()->first,
        .last_day = amounts.rbegin()->first,
        .purchase_day_count = static_cast<int64_t>(amounts.size())};
    for (const auto& [day, nanos] : amounts) {
      if (day != history.first_day) history.repeat_revenue += nanos;
    }
    histories.push_back(history);
  }
  return histories;
}

std::optional<std::vector<PurchaseSummary>> ReadCdnowCustomers(
    double days_per_unit) {
  const auto purchases = ReadCdnowPurchases();
  if (!purchases.has_value()) return std::nullopt;
  const int64_t end = DayNumber("1997-09-30");
  std::map<std::string, PurchaseSummary> summaries;
  for (const PurchaseHistory& history : MakeHistories(*purchases, end)) {
    summaries[history.customer] = Summarize(history, end, days_per_unit);
  }
  // The file is in the order of the ids in the sample, which the published
  // tables go by.
  std::vector<PurchaseSummary> customers;
  for (const Purchase& purchase : *purchases) {
    const auto next = summaries.extract(purchase.customer);
    if (!next.empty()) customers.push_back(next.mapped());
  }
  return customers;
}

}  // namespace crm::analytical::testing
