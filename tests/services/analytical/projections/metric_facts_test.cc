#include "services/analytical/projections/metric_facts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using operational::v1::Order;
using testing::kNoDeadline;
using testing::kTenant;
using testing::WarehouseFeeder;
using v1::Metric;

struct Bought {
  std::string customer;
  int day = 0;
  int64_t units = 0;
  std::string currency;
};

absl::Time Day(int day) {
  return absl::FromUnixSeconds(1'600'000'000) + absl::Hours(24 * day);
}

// Rounds a fraction of small numbers to millionths.
int64_t Millionths(int64_t part, int64_t whole) {
  return std::llround(static_cast<double>(part) * 1e6 /
                      static_cast<double>(whole));
}

// Works a metric out over the days from `start` on and before `end`, order by
// order.
std::optional<int64_t> Recompute(const std::vector<Bought>& orders,
                                 const Metric& metric, int start, int end,
                                 const std::set<std::string>& customers) {
  std::map<std::string, int> counts;
  std::map<std::string, int> first_days;
  std::map<std::string, int64_t> revenues;
  bool any = false;
  int64_t count = 0;
  int64_t revenue = 0;
  for (const Bought& order : orders) {
    if (!metric.currency_code().empty() &&
        order.currency != metric.currency_code())
      continue;
    if (!customers.empty() && !customers.contains(order.customer)) continue;
    if (order.day >= end) continue;
    any = true;
    const auto [first, added] =
        first_days.try_emplace(order.customer, order.day);
    if (!added) first->second = std::min(first->second, order.day);
    if (order.day < start) continue;
    ++count;
    revenue += order.units;
    ++counts[order.customer];
    revenues[order.customer] += order.units;
  }
  const auto buyers = static_cast<int64_t>(counts.size());
  switch (metric.kind()) {
    case Metric::REVENUE:
      return any ? std::optional(revenue * 1'000'000) : std::nullopt;
    case Metric::ORDERS:
      return any ? std::optional(count * 1'000'000) : std::nullopt;
    case Metric::CUSTOMERS:
      return any ? std::optional(buyers * 1'000'000) : std::nullopt;
    case Metric::NEW_CUSTOMERS: {
      if (!any) return std::nullopt;
      return 1'000'000 * std::count_if(first_days.begin(), first_days.end(),
                                       [start](const auto& item) {
                                         return item.second >= start;
                                       });
    }
    case Metric::REPEAT_RATE: {
      if (buyers == 0) return std::nullopt;
      return Millionths(
          std::count_if(counts.begin(), counts.end(),
                        [](const auto& item) { return item.second > 1; }),
          buyers);
    }
    case Metric::AVERAGE_ORDER_VALUE:
      if (count == 0) return std::nullopt;
      return Millionths(revenue, count);
    default: {
      if (revenue == 0) return std::nullopt;
      std::vector<int64_t> ranked;
      for (const auto& [customer, sum] : revenues) ranked.push_back(sum);
      std::sort(ranked.rbegin(), ranked.rend());
      // A fifth of them, rounded up.
      const size_t top = (ranked.size() + 4) / 5;
      int64_t sum = 0;
      for (size_t i = 0; i < top; ++i) sum += ranked[i];
      return Millionths(sum, revenue);
    }
  }
}

TEST(MeasureMetric, PF_01_EqualsWhatTheOrdersComeToOneByOne) {
  WarehouseFeeder feeder;
  std::mt19937_64 random(5);
  std::vector<Bought> orders;
  std::vector<internal::v1::Event> events;
  for (int i = 0; i < 300; ++i) {
    const Bought bought{absl::StrCat("c", random() % 40),
                        static_cast<int>(random() % 100),
                        static_cast<int64_t>(1 + random() % 500),
                        random() % 3 == 0 ? "EUR" : "USD"};
    orders.push_back(bought);
    Order order = WarehouseFeeder::MakeOrder(
        absl::StrCat("o", i), bought.customer, "2020-01-01", bought.units);
    *order.mutable_order_time() = ToTimestamp(Day(bought.day));
    order.set_currency_code(bought.currency);
    order.mutable_total()->set_currency_code(bought.currency);
    order.mutable_lines(0)->mutable_amount()->set_currency_code(
        bought.currency);
    events.push_back(feeder.MakeEvent(order, "created"));
    // Neither counts: another tenant's, and one that is not confirmed.
    order.set_name(absl::StrCat("orders/x", i));
    events.push_back(feeder.MakeEvent(order, "created", "other"));
    order.set_name(absl::StrCat("orders/y", i));
    order.set_state(Order::SUBMITTED);
    events.push_back(feeder.MakeEvent(order, "created"));
  }
  ASSERT_THAT(feeder.Apply(events), IsOk());

  const std::pair<int, int> windows[] = {
      {0, 100}, {20, 50}, {50, 51}, {99, 100}, {-50, 0}, {200, 300}, {0, 1}};
  int known = 0;
  for (int kind = 1; kind < Metric::Kind_ARRAYSIZE; ++kind) {
    for (const char* currency : {"USD", "EUR", "CHF", ""}) {
      Metric metric;
      metric.set_kind(static_cast<Metric::Kind>(kind));
      metric.set_currency_code(currency);
      std::vector<FieldViolation> violations;
      CheckMetric(metric, "metric", violations);
      if (!violations.empty()) continue;
      for (const auto& [start, end] : windows) {
        for (const std::set<std::string>& only :
             {std::set<std::string>{}, {"c1", "c2", "c3", "c4", "none"}}) {
          MetricScope scope{.tenant = kTenant};
          for (const std::string& customer : only) {
            scope.customers.push_back(absl::StrCat("customers/", customer));
          }
          absl::StatusOr<v1::MetricValue> value;
          ASSERT_THAT(feeder.warehouse().Read(kNoDeadline,
                                              [&](SqlReader& reader) {
                                                value = MeasureMetric(
                                                    reader, scope, metric,
                                                    {Day(start), Day(end)});
                                                return value.status();
                                              }),
                      IsOk());
          const auto expected = Recompute(orders, metric, start, end, only);
          const auto measured = value->has_value()
                                    ? std::optional(value->value_millionths())
                                    : std::nullopt;
          EXPECT_EQ(measured, expected)
              << metric.ShortDebugString() << " from " << start << " to " << end
              << (only.empty() ? "" : " of some");
          if (expected.has_value()) ++known;
        }
      }
    }
  }
  EXPECT_GT(known, 100);
}

}  // namespace
}  // namespace crm::analytical
