// The rows of the capability list that this service has started, each on real
// data through the warehouse where there is some.

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/rfm_messages.h"
#include "services/analytical/projections/analyses.h"
#include "shared/base/money.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::kNoDeadline;
using testing::kNoReferenceData;
using testing::kTenant;
using testing::Midnight;
using testing::WarehouseFeeder;

// Returns the totals of all customers for orders before `end`.
std::vector<CustomerTotals> ReadTotals(WarehouseFeeder& feeder,
                                       absl::Time end) {
  std::vector<CustomerTotals> totals;
  EXPECT_THAT(feeder.warehouse().Read(
                  kNoDeadline,
                  [&](SqlReader& reader) {
                    auto read = ReadCustomerTotals(
                        reader, {.tenant = kTenant, .end_time = end}, "USD");
                    if (read.ok()) totals = *std::move(read);
                    return read.status();
                  }),
              IsOk());
  return totals;
}

// Facts in the warehouse equal the sums over the source.
TEST(AnalyticalRows, AN_03_WarehouseHoldsThePublishedCdnowTotals) {
  const auto purchases = testing::ReadCdnowPurchases();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  WarehouseFeeder feeder;

  feeder.AddPurchases(*purchases);

  EXPECT_THAT(
      feeder.Query("SELECT COUNT(*), COUNT(DISTINCT customer), "
                   "CAST(SUM(amount) AS TEXT), "
                   "COUNT(DISTINCT customer || CAST(order_time AS TEXT)) "
                   "FROM orders WHERE state = 'CONFIRMED'"),
      ElementsAre(SqlRow{int64_t{6'919}, int64_t{2'357}, "244091.940000000",
                         int64_t{6'696}}));
}

TEST(AnalyticalRows, AN_18_PortfolioEqualsThePublishedFigures) {
  const auto purchases = testing::ReadRfmOrders();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  WarehouseFeeder feeder;
  feeder.AddPurchases(*purchases);
  v1::PortfolioAnalysis analysis;

  ASSERT_THAT(AnalyzePortfolio(feeder.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              IsOk());

  EXPECT_EQ(analysis.customer_count(), 995);
  EXPECT_EQ(analysis.top_customer_count(), 199);
  EXPECT_THAT(analysis.top_share(), DoubleNear(.35623, .000005));
  EXPECT_THAT(analysis.gini(), DoubleNear(.2896, .00005));
  EXPECT_EQ(analysis.customers_for_80_percent(), 606);
}

TEST(AnalyticalRows, AN_18_EqualCustomersAreTwentyPercentNotEighty) {
  WarehouseFeeder feeder;
  std::vector<testing::Purchase> purchases;
  for (int i = 0; i < 100; ++i) {
    purchases.push_back({absl::StrCat(i), Midnight("2020-01-01"), 1'000});
  }
  feeder.AddPurchases(purchases);
  v1::PortfolioAnalysis analysis;

  ASSERT_THAT(AnalyzePortfolio(feeder.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              IsOk());

  EXPECT_EQ(analysis.top_share(), 0.2);
  EXPECT_EQ(analysis.gini(), 0);
}

TEST(AnalyticalRows, AN_23_CellsEqualThePublishedOnes) {
  const auto purchases = testing::ReadRfmOrders();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  WarehouseFeeder feeder;
  feeder.AddPurchases(*purchases);

  const auto answer = AnalyzeRfm(
      feeder.warehouse(), {.tenant = kTenant, .as_of = Midnight("2006-12-31")},
      absl::UnixEpoch(), kNoDeadline);

  ASSERT_THAT(answer, IsOk());
  ASSERT_EQ(answer->analysis.scores.size(), 995);
  std::map<std::string, std::string> cells;
  for (const CustomerScore& score : answer->analysis.scores) {
    cells[score.customer] = RfmCell(score);
  }
  EXPECT_EQ(cells["customers/Abbey O'Reilly"], "343");
  EXPECT_EQ(cells["customers/Add Senger"], "412");
  EXPECT_EQ(cells["customers/Aden Lesch"], "323");
  EXPECT_EQ(cells["customers/Aden Murphy"], "544");
  EXPECT_EQ(cells["customers/Brion Stark"], "355");
  EXPECT_EQ(cells["customers/Hosteen Jacobi"], "122");
  const auto bands = ToBands(answer->analysis.thresholds, "USD");
  ASSERT_THAT(bands, IsOk());
  EXPECT_THAT(bands->recency_days(), ElementsAre(481, 297, 180, 114));
  EXPECT_THAT(bands->frequency(), ElementsAre(4, 5, 6, 8));
}

TEST(AnalyticalRows, AN_23_CellsCountTheFirstPurchase) {
  WarehouseFeeder feeder;
  feeder.Add(WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5));

  const auto totals = ReadTotals(feeder, absl::InfiniteFuture());

  ASSERT_EQ(totals.size(), 1);
  EXPECT_EQ(ScoreRfm(totals, Midnight("2020-01-01")).scores[0].frequency, 1);
  EXPECT_EQ(RepeatFrequency(totals[0]), 0);
}

// The calibration period of the published CDNOW models.
TEST(AnalyticalRows, AN_23_LifetimeModelsLeaveTheFirstPurchaseOut) {
  const auto purchases = testing::ReadCdnowPurchases();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  WarehouseFeeder feeder;
  feeder.AddPurchases(*purchases);

  const auto totals = ReadTotals(feeder, Midnight("1997-10-01"));

  int64_t repeats = 0;
  int64_t without = 0;
  for (const CustomerTotals& customer : totals) {
    repeats += RepeatFrequency(customer);
    if (RepeatFrequency(customer) == 0) ++without;
  }
  EXPECT_EQ(totals.size(), 2'357);
  EXPECT_EQ(repeats, 2'457);
  EXPECT_EQ(without, 1'411);
}

}  // namespace
}  // namespace crm::analytical
