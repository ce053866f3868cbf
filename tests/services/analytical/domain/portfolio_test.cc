#include "services/analytical/domain/portfolio.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/money.h"
#include "tests/services/analytical/reference_data.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using ::testing::DoubleNear;
using testing::kNoReferenceData;
using testing::ReadRfmOrders;
using testing::SumUp;

std::vector<CustomerTotals> Customers(const std::vector<int64_t>& units) {
  std::vector<CustomerTotals> totals;
  for (size_t i = 0; i < units.size(); ++i) {
    totals.push_back({.customer = absl::StrCat("customers/", i),
                      .order_count = 1,
                      .revenue = absl::int128{units[i]} * kNanosPerUnit});
  }
  return totals;
}

TEST(MeasureConcentration, OfNobodyIsZero) {
  EXPECT_EQ(MeasureConcentration({}, 200'000), Concentration());
}

TEST(MeasureConcentration, OfEqualCustomersIsTheTopFraction) {
  const auto result =
      MeasureConcentration(Customers(std::vector<int64_t>(10, 7)), 200'000);

  EXPECT_EQ(result.top_customer_count, 2);
  EXPECT_EQ(result.top_share, 0.2);
  EXPECT_EQ(result.gini, 0);
  EXPECT_EQ(result.customers_for_80_percent, 8);
}

TEST(MeasureConcentration, OfOneBuyerAmongManyIsNearlyOne) {
  const auto result = MeasureConcentration(Customers({0, 0, 0, 9}), 200'000);

  EXPECT_EQ(result.customer_count, 4);
  EXPECT_EQ(result.top_share, 1);
  EXPECT_EQ(result.gini, 0.75);
  EXPECT_EQ(result.customers_for_80_percent, 1);
}

TEST(MeasureConcentration, RoundsTheTopUp) {
  const auto count = [](int64_t customers, int32_t millionths) {
    return MeasureConcentration(Customers(std::vector<int64_t>(
                                    static_cast<size_t>(customers), 1)),
                                millionths)
        .top_customer_count;
  };

  EXPECT_EQ(count(793, 200'000), 159);
  EXPECT_EQ(count(5, 200'000), 1);
  EXPECT_EQ(count(6, 200'000), 2);
  EXPECT_EQ(count(1, 1), 1);
  EXPECT_EQ(count(3, 1'000'000), 3);
}

TEST(MeasureConcentration, ReachesEightyPercentAtTheFirstRankNotBelowIt) {
  EXPECT_EQ(MeasureConcentration(Customers({50, 30, 20}), 200'000)
                .customers_for_80_percent,
            2);
  EXPECT_EQ(MeasureConcentration(Customers({50, 29, 21}), 200'000)
                .customers_for_80_percent,
            3);
}

TEST(MeasureConcentration, LeavesOutNegativeTotalsAndCountsThem) {
  const auto result = MeasureConcentration(Customers({60, 40, -30}), 500'000);

  EXPECT_EQ(result.customer_count, 2);
  EXPECT_EQ(result.negative_customer_count, 1);
  EXPECT_EQ(result.total_revenue, absl::int128{100} * kNanosPerUnit);
  EXPECT_EQ(result.top_share, 0.6);
}

TEST(MeasureConcentration, WithoutRevenueHasNoShares) {
  const auto result = MeasureConcentration(Customers({0, 0}), 200'000);

  EXPECT_EQ(result.customer_count, 2);
  EXPECT_EQ(result.top_customer_count, 1);
  EXPECT_EQ(result.top_share, 0);
  EXPECT_EQ(result.customers_for_80_percent, 0);
}

TEST(MeasureConcentration, EqualsThePublishedGini) {
  // The incomes of the example of R's `ineq`.
  const auto result = MeasureConcentration(
      Customers({541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261}),
      200'000);

  EXPECT_THAT(result.gini, DoubleNear(.462, .0005));
}

// A Pareto distribution's top fraction p brings p^(1 - 1/alpha) of the whole,
// and its Gini coefficient is 1 / (2 alpha - 1).
TEST(MeasureConcentration, EqualsTheClosedFormOfAParetoDistribution) {
  constexpr int kCount = 10'000;
  constexpr double kAlpha = 1.5;
  std::vector<CustomerTotals> totals;
  double before = 0;
  for (int i = 1; i <= kCount; ++i) {
    const double share = std::pow(i / double{kCount}, 1 - 1 / kAlpha);
    totals.push_back(
        {.customer = absl::StrCat(i),
         .order_count = 1,
         .revenue = static_cast<int64_t>((share - before) * 1e15)});
    before = share;
  }

  const auto result = MeasureConcentration(totals, 200'000);

  EXPECT_THAT(result.top_share,
              DoubleNear(std::pow(0.2, 1 - 1 / kAlpha), 1e-9));
  EXPECT_THAT(result.gini, DoubleNear(1 / (2 * kAlpha - 1), 1e-3));
}

TEST(MeasureConcentration, DependsNeitherOnTheUnitNorOnTheOrder) {
  std::mt19937 random(3);
  std::vector<int64_t> units;
  for (int i = 0; i < 500; ++i) units.push_back(random() % 1000);
  std::vector<CustomerTotals> totals = Customers(units);
  const Concentration expected = MeasureConcentration(totals, 200'000);

  std::shuffle(totals.begin(), totals.end(), random);
  for (CustomerTotals& customer : totals) customer.revenue *= 3;

  const Concentration result = MeasureConcentration(totals, 200'000);
  EXPECT_DOUBLE_EQ(result.top_share, expected.top_share);
  EXPECT_DOUBLE_EQ(result.gini, expected.gini);
  EXPECT_EQ(result.customers_for_80_percent, expected.customers_for_80_percent);
}

TEST(MeasureConcentration, EqualsThePublishedFigures) {
  const auto purchases = ReadRfmOrders();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;

  const auto result = MeasureConcentration(SumUp(*purchases), 200'000);

  EXPECT_EQ(result.customer_count, 995);
  EXPECT_EQ(result.top_customer_count, 199);
  EXPECT_THAT(result.top_share, DoubleNear(.35623, .000005));
  EXPECT_THAT(result.gini, DoubleNear(.2896, .00005));
  EXPECT_EQ(result.customers_for_80_percent, 606);
}

TEST(FillConcentration, WritesAmountsInTheCurrency) {
  v1::PortfolioAnalysis analysis;

  ASSERT_THAT(
      FillConcentration(MeasureConcentration(Customers({3, 1}), 500'000), "EUR",
                        analysis),
      IsOk());

  EXPECT_THAT(analysis, EqualsProto(R"pb(
                customer_count: 2
                top_customer_count: 1
                total_revenue { currency_code: "EUR" units: 4 }
                top_revenue { currency_code: "EUR" units: 3 }
                top_share: 0.75
                gini: 0.25
                customers_for_80_percent: 2
              )pb"));
}

}  // namespace
}  // namespace crm::analytical
