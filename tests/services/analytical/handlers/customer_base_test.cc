#include "services/analytical/handlers/customer_base.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/months.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "tests/services/analytical/business_by_hand.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using testing::BusinessByHand;
using testing::BusinessDay;
using testing::BusinessOrder;
using ::testing::DoubleNear;
using testing::Fraction;
using testing::kYear;
using ::testing::SizeIs;

class CustomerBaseHandlersTest : public testing::ScorecardFixture {};

v1::MeasureCustomerBaseRequest LastYear() {
  v1::MeasureCustomerBaseRequest request;
  *request.mutable_start_time() = ToTimestamp(BusinessDay() - kYear);
  *request.mutable_end_time() = ToTimestamp(BusinessDay());
  return request;
}

TEST_F(CustomerBaseHandlersTest, QC_03_CohortsEqualAHandMadeTable) {
  Feed();

  const auto base = HandleMeasureCustomerBase(analytics_, call_, LastYear());

  ASSERT_THAT(base, IsOk());
  std::map<std::string, std::set<int64_t>> months;
  for (const BusinessOrder& order : business_.orders) {
    if (order.counts) months[order.customer].insert(MonthNumber(order.time));
  }
  const int64_t last = MonthNumber(BusinessDay());
  std::map<int64_t, std::vector<int64_t>> cohorts;
  for (const auto& [customer, active] : months) {
    const int64_t first = *active.begin();
    auto& counts = cohorts[first];
    counts.resize(static_cast<size_t>(last - first + 1));
    for (const int64_t month : active) {
      ++counts[static_cast<size_t>(month - first)];
    }
  }
  ASSERT_EQ(static_cast<size_t>(base->cohorts_size()), cohorts.size());
  int i = 0;
  for (const auto& [first, counts] : cohorts) {
    const auto& cohort = base->cohorts(i++);
    EXPECT_EQ(cohort.month().year() * 12 + cohort.month().month() - 1,
              1970 * 12 + first);
    EXPECT_EQ(cohort.customer_count(), counts[0]);
    EXPECT_EQ(std::vector<int64_t>(cohort.active_counts().begin(),
                                   cohort.active_counts().end()),
              counts);
  }
}

TEST_F(CustomerBaseHandlersTest, GX_06_RepeatRateAndVarianceFollowTheFormulas) {
  Feed();

  const auto base = HandleMeasureCustomerBase(analytics_, call_, LastYear());

  ASSERT_THAT(base, IsOk());
  const auto values = BusinessByHand(business_, "", BusinessDay()).Values();
  EXPECT_EQ(
      Fraction(base->repeat_customer_count(), base->ordering_customer_count()),
      values.at("customers.repeat"));
  EXPECT_EQ(
      Fraction(base->customer_product_count(), base->ordering_customer_count()),
      values.at("customers.penetration"));
  EXPECT_EQ(
      Fraction(base->retained_customer_count(), base->earlier_customer_count()),
      values.at("customers.retention"));
  ASSERT_THAT(base->sales(), SizeIs(11));
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < base->sales_size(); ++i) {
    int64_t units = 0;
    for (const BusinessOrder& order : business_.orders) {
      const bool in_month =
          MonthNumber(order.time) == MonthNumber(BusinessDay()) - 11 + i;
      if (order.counts && in_month) units += order.units;
    }
    EXPECT_EQ(base->sales(i).revenue().units(), units);
    sum += static_cast<double>(units);
    squares += static_cast<double>(units * units);
  }
  const double mean = sum / 11;
  const double variance = squares / 11 - mean * mean;
  EXPECT_THAT(base->mean_sales(), DoubleNear(mean, 1e-6));
  EXPECT_THAT(base->sales_variance(), DoubleNear(variance, 1e-3));
  EXPECT_THAT(base->sales_variation(),
              DoubleNear(std::sqrt(variance) / mean, 1e-9));
}

TEST_F(CustomerBaseHandlersTest, GX_05_RetentionComesFromTheTenantsOwnOrders) {
  Feed();
  v1::EstimateRetentionEffectRequest request;
  *request.mutable_start_time() = LastYear().start_time();
  *request.mutable_end_time() = LastYear().end_time();
  request.set_retention_change_millionths(50'000);
  request.set_margin_millionths(200'000);
  request.set_discount_millionths(80'000);

  const auto effect = HandleEstimateRetentionEffect(analytics_, call_, request);

  ASSERT_THAT(effect, IsOk());
  const BusinessByHand hand(business_, "", BusinessDay());
  EXPECT_EQ(Fraction(effect->retained_customer_count(),
                     effect->earlier_customer_count()),
            hand.Values().at("customers.retention"));
  const auto now = [&](absl::Time time) { return hand.IsNow(time); };
  int64_t revenue = 0;
  for (const BusinessOrder& order : hand.Orders(now)) revenue += order.units;
  const double profit = .2 * static_cast<double>(revenue) /
                        static_cast<double>(hand.Orderers(now).size());
  const double retention =
      static_cast<double>(effect->retained_customer_count()) /
      static_cast<double>(effect->earlier_customer_count());
  EXPECT_EQ(effect->currency_code(), "USD");
  EXPECT_THAT(static_cast<double>(ToNanos(effect->lifetime_profit())) / 1e9,
              DoubleNear(profit * 1.08 / (1.08 - retention), 1e-6));
  const double changed = std::min(1.0, retention + .05);
  EXPECT_THAT(effect->profit_change(),
              DoubleNear((1.08 - retention) / (1.08 - changed) - 1, 1e-9));
}

TEST_F(CustomerBaseHandlersTest, RefusesPeriodsThatDoNotGrow) {
  auto request = LastYear();
  *request.mutable_end_time() = request.start_time();

  const auto base = HandleMeasureCustomerBase(analytics_, call_, request);

  EXPECT_THAT(FieldViolations(base.status()), SizeIs(1));
}

}  // namespace
}  // namespace crm::analytical
