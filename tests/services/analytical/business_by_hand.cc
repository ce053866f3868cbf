#include "tests/services/analytical/business_by_hand.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace crm::analytical::testing {

std::string Fraction(int64_t numerator, int64_t denominator) {
  const int64_t divisor = std::gcd(numerator, denominator);
  numerator /= divisor;
  denominator /= divisor;
  return denominator == 1 ? absl::StrCat(numerator)
                          : absl::StrCat(numerator, "/", denominator);
}

bool BusinessByHand::IsMeant(const std::string& customer) const {
  if (segment_.empty()) return true;
  for (const BusinessCustomer& made : business_.customers) {
    if (made.name == customer) return made.segment == segment_;
  }
  return false;
}

std::vector<BusinessCustomer> BusinessByHand::Customers() const {
  std::vector<BusinessCustomer> customers;
  for (const BusinessCustomer& made : business_.customers) {
    if (made.active && made.created <= end_ && IsMeant(made.name)) {
      customers.push_back(made);
    }
  }
  return customers;
}

std::vector<BusinessOrder> BusinessByHand::Orders(
    const std::function<bool(absl::Time)>& when) const {
  std::vector<BusinessOrder> orders;
  for (const BusinessOrder& made : business_.orders) {
    if (made.counts && IsMeant(made.customer) && when(made.time)) {
      orders.push_back(made);
    }
  }
  return orders;
}

std::set<std::string> BusinessByHand::Orderers(
    const std::function<bool(absl::Time)>& when) const {
  std::set<std::string> customers;
  for (const auto& order : Orders(when)) customers.insert(order.customer);
  return customers;
}

std::map<std::string, std::string> BusinessByHand::Values() const {
  std::map<std::string, std::string> values;
  AddCustomers(values);
  AddOrders(values);
  AddDeals(values);
  return values;
}

void BusinessByHand::AddCustomers(
    std::map<std::string, std::string>& values) const {
  const std::map<std::string, int64_t> weights = {
      {"display_name", 20},  {"kind", 10},    {"primary_email", 25},
      {"primary_phone", 20}, {"segment", 15}, {"owner", 10}};
  int64_t weight = 0;
  int64_t owned = 0;
  int64_t grouped = 0;
  int64_t contacted = 0;
  const std::vector<BusinessCustomer> customers = Customers();
  for (const BusinessCustomer& customer : customers) {
    for (const std::string& field : customer.known) {
      weight += weights.at(field);
    }
    owned += customer.known.contains("owner") ? 1 : 0;
    grouped += customer.segment.empty() ? 0 : 1;
    bool met = false;
    for (const auto& activity : business_.activities) {
      met =
          met || (activity.customer == customer.name &&
                  activity.completed.has_value() && IsNow(*activity.completed));
    }
    contacted += met ? 1 : 0;
  }
  const auto count = static_cast<int64_t>(customers.size());
  values["customers.completeness"] = Fraction(weight, 100 * count);
  values["customers.owned"] = Fraction(owned, count);
  values["customers.grouped"] = Fraction(grouped, count);
  values["customers.contacted"] = Fraction(contacted, count);
}

void BusinessByHand::AddOrders(
    std::map<std::string, std::string>& values) const {
  const auto now = [&](absl::Time time) { return IsNow(time); };
  const auto before =
      Orderers([&](absl::Time time) { return time <= end_ - kYear; });
  const auto earlier =
      Orderers([&](absl::Time time) { return IsEarlier(time); });
  const auto ordering = Orderers(now);
  int64_t added = 0;
  for (const auto& customer : ordering) added += !before.contains(customer);
  int64_t retained = 0;
  for (const auto& customer : earlier) retained += ordering.contains(customer);
  std::map<std::string, std::set<int64_t>> days;
  std::set<std::pair<std::string, std::string>> pairs;
  std::map<std::string, int64_t> revenue;
  int64_t total = 0;
  for (const BusinessOrder& order : Orders(now)) {
    days[order.customer].insert(absl::ToUnixSeconds(order.time) / 86'400);
    for (const auto& product : order.products) {
      pairs.emplace(order.customer, product);
    }
    revenue[order.customer] += order.units;
    total += order.units;
  }
  int64_t repeated = 0;
  for (const auto& [customer, list] : days) repeated += list.size() > 1;
  std::vector<int64_t> sums;
  for (const auto& [customer, sum] : revenue) sums.push_back(sum);
  std::sort(sums.rbegin(), sums.rend());
  int64_t top = 0;
  for (int64_t sum = 0; sum * 10 < total * 8; ++top) {
    sum += sums[static_cast<size_t>(top)];
  }
  const auto count = static_cast<int64_t>(ordering.size());
  values["customers.acquisition"] =
      Fraction(added, static_cast<int64_t>(before.size()));
  values["customers.retention"] =
      Fraction(retained, static_cast<int64_t>(earlier.size()));
  values["customers.repeat"] = Fraction(repeated, count);
  values["customers.penetration"] =
      Fraction(static_cast<int64_t>(pairs.size()), count);
  values["portfolio.dispersion"] = Fraction(top, count);
}

void BusinessByHand::AddDeals(
    std::map<std::string, std::string>& values) const {
  int64_t won = 0;
  int64_t decided = 0;
  int64_t micros = 0;
  for (const auto& deal : business_.deals) {
    if (!deal.closed.has_value() || !IsNow(*deal.closed) ||
        !IsMeant(deal.customer)) {
      continue;
    }
    ++decided;
    won += deal.won ? 1 : 0;
    micros +=
        absl::ToUnixMicros(*deal.closed) - absl::ToUnixMicros(deal.created);
  }
  values["opportunities.won"] = Fraction(won, decided);
  values["opportunities.cycle_days"] =
      Fraction(micros, int64_t{86'400'000'000} * decided);
}

}  // namespace crm::analytical::testing
