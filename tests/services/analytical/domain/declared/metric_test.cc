#include "services/analytical/domain/declared/metric.h"

#include <limits>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOkAndHolds;
using crm::testing::StatusIs;
using ::testing::IsEmpty;
using testing::Proto;
using v1::Metric;

constexpr std::optional<int64_t> kNothing = std::nullopt;

TEST(ValueOf, TellsTotalsInMillionths) {
  MetricFacts facts;
  facts.has_orders = true;
  facts.order_count = 3;
  facts.customer_count = 2;
  facts.new_customer_count = 1;
  // 1.0000015 of the currency.
  facts.revenue = 1'000'001'500;

  EXPECT_THAT(ValueOf(Metric::ORDERS, facts), IsOkAndHolds(3'000'000));
  EXPECT_THAT(ValueOf(Metric::CUSTOMERS, facts), IsOkAndHolds(2'000'000));
  EXPECT_THAT(ValueOf(Metric::NEW_CUSTOMERS, facts), IsOkAndHolds(1'000'000));
  EXPECT_THAT(ValueOf(Metric::REVENUE, facts), IsOkAndHolds(1'000'002));
}

TEST(ValueOf, APartOfNothingIsNotKnown) {
  MetricFacts facts;
  facts.has_orders = true;

  EXPECT_THAT(ValueOf(Metric::REVENUE, facts), IsOkAndHolds(0));
  EXPECT_THAT(ValueOf(Metric::REPEAT_RATE, facts), IsOkAndHolds(kNothing));
  EXPECT_THAT(ValueOf(Metric::AVERAGE_ORDER_VALUE, facts),
              IsOkAndHolds(kNothing));
  EXPECT_THAT(ValueOf(Metric::TOP_CUSTOMER_SHARE, facts),
              IsOkAndHolds(kNothing));
  facts.has_orders = false;
  EXPECT_THAT(ValueOf(Metric::ORDERS, facts), IsOkAndHolds(kNothing));
}

TEST(ValueOf, RoundsPartsToTheNearestMillionth) {
  MetricFacts facts;
  facts.order_count = 3;
  facts.customer_count = 3;
  facts.repeat_customer_count = 2;
  facts.revenue = 10 * absl::int128(1'000'000'000);
  facts.top_revenue = 1;
  facts.ranked_revenue = 3;

  EXPECT_THAT(ValueOf(Metric::REPEAT_RATE, facts), IsOkAndHolds(666'667));
  EXPECT_THAT(ValueOf(Metric::AVERAGE_ORDER_VALUE, facts),
              IsOkAndHolds(3'333'333));
  EXPECT_THAT(ValueOf(Metric::TOP_CUSTOMER_SHARE, facts),
              IsOkAndHolds(333'333));
}

TEST(ValueOf, RefusesWhatDoesNotFit) {
  MetricFacts facts;
  facts.has_orders = true;
  facts.revenue =
      absl::int128(std::numeric_limits<int64_t>::max()) * 1'000'000'000;

  EXPECT_THAT(ValueOf(Metric::REVENUE, facts),
              StatusIs(absl::StatusCode::kOutOfRange, "VALUE_OUT_OF_RANGE"));
}

TEST(DivideRounded, RoundsHalvesAwayFromZero) {
  EXPECT_EQ(DivideRounded(5, 10), 1);
  EXPECT_EQ(DivideRounded(4, 10), 0);
  EXPECT_EQ(DivideRounded(-5, 10), -1);
  EXPECT_EQ(DivideRounded(-4, 10), 0);
  EXPECT_EQ(DivideRounded(1, 3), 0);
  EXPECT_EQ(DivideRounded(2, 3), 1);
}

TEST(CheckMetric, AmountsNeedACurrencyAndOnlySharesAFraction) {
  std::vector<FieldViolation> violations;

  CheckMetric(Proto<Metric>("kind: REVENUE top_fraction_millionths: 5"), "m",
              violations);

  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].field, "m.currency_code");
  EXPECT_EQ(violations[1].field, "m.top_fraction_millionths");
  violations.clear();
  CheckMetric(Proto<Metric>("kind: TOP_CUSTOMER_SHARE currency_code: 'EUR' "
                            "top_fraction_millionths: 5"),
              "m", violations);
  CheckMetric(Proto<Metric>("kind: REPEAT_RATE"), "m", violations);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(WindowOf, LooksBackAsManyDaysAsTheMetricSays) {
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  const absl::Time end = start + absl::Hours(240);

  EXPECT_EQ(WindowOf(Proto<Metric>(""), start, end).start, start);
  EXPECT_EQ(WindowOf(Proto<Metric>("period_days: 1"), start, end).start,
            end - absl::Hours(24));
}

}  // namespace
}  // namespace crm::analytical
