#include "services/analytical/domain/rfm.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/money.h"
#include "tests/services/analytical/reference_data.h"

namespace crm::analytical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNoReferenceData;
using testing::Midnight;
using testing::ReadRfmOrders;
using testing::SumUp;

CustomerTotals Totals(std::string customer, absl::string_view last_order,
                      int64_t order_count, int64_t units) {
  return {.customer = std::move(customer),
          .last_order_time = Midnight(last_order),
          .order_count = order_count,
          .purchase_day_count = order_count,
          .revenue = absl::int128{units} * kNanosPerUnit};
}

// A cohort whose measures do not grow together; the seed is fixed.
std::vector<CustomerTotals> Cohort(int count) {
  std::mt19937 random(7);
  std::vector<CustomerTotals> totals;
  for (int i = 0; i < count; ++i) {
    CustomerTotals customer;
    customer.customer = absl::StrCat("customers/c", i);
    customer.last_order_time =
        Midnight("2006-12-31") - absl::Hours(random() % (700 * 24));
    customer.order_count = 1 + static_cast<int64_t>(random() % 9);
    customer.revenue = absl::int128{random() % 2000} * kNanosPerUnit;
    totals.push_back(customer);
  }
  return totals;
}

std::vector<std::string> Cells(const RfmAnalysis& analysis) {
  std::vector<std::string> cells;
  for (const CustomerScore& score : analysis.scores) {
    cells.push_back(absl::StrCat(score.customer, " ", RfmCell(score)));
  }
  return cells;
}

TEST(FindThresholds, InterpolatesBetweenNeighboursAndAddsOne) {
  // In fifths: 181, 261, 341, 421.
  EXPECT_THAT(FindThresholds({500, 100, 300, 200, 400}, 1),
              ElementsAre(905, 1305, 1705, 2105));
}

TEST(FindThresholds, KeepsFractionsExact) {
  // The quantiles of 0, 1 lie at 0.2, 0.4, 0.6 and 0.8.
  EXPECT_THAT(FindThresholds({0, 1}, 1), ElementsAre(6, 7, 8, 9));
}

TEST(FindThresholds, OfOneValueAreThatValueAndOne) {
  EXPECT_THAT(FindThresholds({7}, 1), ElementsAre(40, 40, 40, 40));
}

TEST(FindThresholds, HoldsTheGreatestAmounts) {
  const absl::int128 most =
      absl::int128{std::numeric_limits<int64_t>::max()} * kNanosPerUnit;

  const ScoreThresholds thresholds = FindThresholds({0, most}, kNanosPerUnit);

  EXPECT_EQ(thresholds[3], most * 4 + 5 * absl::int128{kNanosPerUnit});
}

TEST(CountReached, PutsAValueAtAThresholdAboveIt) {
  const ScoreThresholds thresholds =
      FindThresholds({500, 100, 300, 200, 400}, 1);

  EXPECT_EQ(CountReached(thresholds, 180), 0);
  EXPECT_EQ(CountReached(thresholds, 181), 1);
  EXPECT_EQ(CountReached(thresholds, 420), 3);
  EXPECT_EQ(CountReached(thresholds, 421), 4);
}

TEST(ScoreRfm, IsEmptyWithoutCustomers) {
  EXPECT_THAT(ScoreRfm({}, Midnight("2006-12-31")).scores, IsEmpty());
}

TEST(ScoreRfm, GivesFiveToTheMostRecentAndTheGreatest) {
  const RfmAnalysis analysis = ScoreRfm(
      {Totals("e", "2006-12-30", 50, 5000), Totals("d", "2006-11-30", 40, 4000),
       Totals("c", "2006-10-30", 30, 3000), Totals("b", "2006-09-30", 20, 2000),
       Totals("a", "2006-08-30", 10, 1000)},
      Midnight("2006-12-31"));

  EXPECT_THAT(Cells(analysis),
              ElementsAre("a 111", "b 222", "c 333", "d 444", "e 555"));
}

TEST(ScoreRfm, CountsWholeDaysOnly) {
  CustomerTotals late = Totals("a", "2006-12-29", 1, 1);
  late.last_order_time += absl::Seconds(1);

  const RfmAnalysis analysis = ScoreRfm({late}, Midnight("2006-12-31"));

  EXPECT_EQ(analysis.scores[0].recency_days, 1);
}

TEST(ScoreRfm, GivesEqualCustomersEqualScores) {
  std::vector<CustomerTotals> totals;
  for (int i = 0; i < 10; ++i) {
    totals.push_back(Totals(absl::StrCat("c", i), "2006-12-01", 2, 10));
  }

  const RfmAnalysis analysis = ScoreRfm(totals, Midnight("2006-12-31"));

  // None is above a quantile: the lowest fifth, which for recency is the best.
  for (const CustomerScore& score : analysis.scores) {
    EXPECT_EQ(RfmCell(score), "511") << score.customer;
  }
}

TEST(ScoreRfm, DoesNotDependOnTheOrderOfTheCustomers) {
  std::vector<CustomerTotals> totals = Cohort(500);
  const RfmAnalysis expected = ScoreRfm(totals, Midnight("2006-12-31"));

  std::shuffle(totals.begin(), totals.end(), std::mt19937(11));

  EXPECT_EQ(ScoreRfm(totals, Midnight("2006-12-31")), expected);
}

// The quantiles of 501 customers are values that customers have, so that adding
// 1 to them moves nobody whatever the unit.
TEST(ScoreRfm, DoesNotDependOnTheUnitOfMoney) {
  std::vector<CustomerTotals> totals = Cohort(501);
  const auto expected = Cells(ScoreRfm(totals, Midnight("2006-12-31")));

  for (CustomerTotals& customer : totals) customer.revenue *= 3;

  EXPECT_EQ(Cells(ScoreRfm(totals, Midnight("2006-12-31"))), expected);
}

// The rule adds 1 of the currency, so in another unit those between a quantile
// and 1 above it may move, and nobody else.
TEST(ScoreRfm, MovesOnlyWhoLiesAtAQuantileInAnotherUnit) {
  const auto purchases = ReadRfmOrders();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  std::vector<CustomerTotals> totals = SumUp(*purchases);
  const RfmAnalysis before = ScoreRfm(totals, Midnight("2006-12-31"));

  for (CustomerTotals& customer : totals) customer.revenue *= 3;

  const RfmAnalysis after = ScoreRfm(totals, Midnight("2006-12-31"));
  const absl::int128 one_in_fifths = absl::int128{kNanosPerUnit} * 5;
  for (size_t i = 0; i < before.scores.size(); ++i) {
    const CustomerScore& score = before.scores[i];
    const absl::int128 fifths = score.monetary * 5;
    const bool at_a_quantile = std::any_of(
        before.thresholds.monetary.begin(), before.thresholds.monetary.end(),
        [&](absl::int128 threshold) {
          return fifths > threshold - one_in_fifths && fifths < threshold;
        });
    if (at_a_quantile) continue;
    EXPECT_EQ(RfmCell(after.scores[i]), RfmCell(score)) << score.customer;
  }
}

TEST(ScoreRfm, DoesNotDependOnTheDate) {
  std::vector<CustomerTotals> totals = Cohort(500);
  const RfmAnalysis expected = ScoreRfm(totals, Midnight("2006-12-31"));
  const absl::Duration shift = absl::Hours(24 * 400);

  for (CustomerTotals& customer : totals) customer.last_order_time += shift;

  EXPECT_EQ(ScoreRfm(totals, Midnight("2006-12-31") + shift), expected);
}

TEST(ScoreRfm, EqualsThePublishedScores) {
  const auto purchases = ReadRfmOrders();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;

  const RfmAnalysis analysis =
      ScoreRfm(SumUp(*purchases), Midnight("2006-12-31"));

  ASSERT_EQ(analysis.scores.size(), 995);
  // In fifths: 115, 181, 297.4, 482 days; 4, 5, 6, 8 orders; 255.8, 382, 506.4,
  // 666 of revenue.
  EXPECT_THAT(analysis.thresholds.recency, ElementsAre(575, 905, 1487, 2410));
  EXPECT_THAT(analysis.thresholds.frequency, ElementsAre(20, 25, 30, 40));
  const absl::int128 one = kNanosPerUnit;
  EXPECT_THAT(analysis.thresholds.monetary,
              ElementsAre(1279 * one, 1910 * one, 2532 * one, 3330 * one));
  const std::vector<std::string> expected = {
      "Abbey O'Reilly 205 6 472 343", "Add Senger 140 3 340 412",
      "Aden Lesch 194 4 405 323",     "Aden Murphy 98 7 596 544",
      "Brion Stark 229 8 852 355",    "Hosteen Jacobi 545 4 300 122"};
  std::vector<std::string> scored;
  for (const CustomerScore& score : analysis.scores) {
    scored.push_back(absl::StrCat(
        score.customer, " ", score.recency_days, " ", score.frequency, " ",
        static_cast<int64_t>(score.monetary / kNanosPerUnit), " ",
        RfmCell(score)));
  }
  EXPECT_THAT(scored, ::testing::IsSupersetOf(expected));
}

TEST(RepeatFrequency, LeavesOutTheFirstPurchaseAndSecondsOfADay) {
  const CustomerTotals once = {.order_count = 1, .purchase_day_count = 1};
  const CustomerTotals twice_a_day = {.order_count = 2,
                                      .purchase_day_count = 1};
  const CustomerTotals often = {.order_count = 7, .purchase_day_count = 5};

  EXPECT_EQ(RepeatFrequency(once), 0);
  EXPECT_EQ(RepeatFrequency(twice_a_day), 0);
  EXPECT_EQ(RepeatFrequency(often), 4);
}

}  // namespace
}  // namespace crm::analytical
