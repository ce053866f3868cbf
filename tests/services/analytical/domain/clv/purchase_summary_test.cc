#include "services/analytical/domain/clv/purchase_summary.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/domain/clv/cdnow_customers.h"

namespace crm::analytical {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using testing::kNoReferenceData;
using testing::ReadCdnowCustomers;

TEST(Summarize, LeavesTheFirstDayOut) {
  const PurchaseHistory history = {.first_day = 100,
                                   .last_day = 121,
                                   .purchase_day_count = 4,
                                   .repeat_revenue = 4'500'000'000};

  EXPECT_EQ(Summarize(history, 135, 7),
            (PurchaseSummary{{.frequency = 3, .recency = 3, .age = 5}, 1.5}));
}

TEST(Summarize, OfAnOnlyPurchaseKnowsItsAgeOnly) {
  const PurchaseHistory history = {.first_day = 100, .last_day = 100};

  EXPECT_EQ(Summarize(history, 110, 1),
            (PurchaseSummary{{.frequency = 0, .recency = 0, .age = 10}, 0}));
  EXPECT_EQ(Summarize(history, 100, 7), PurchaseSummary());
}

TEST(Summarize, DoesNotRoundTimes) {
  const PurchaseHistory history = {
      .first_day = -3, .last_day = 0, .purchase_day_count = 2};

  const PurchaseTimes times = Summarize(history, 7, 7).times;

  EXPECT_EQ(times.recency, 3.0 / 7);
  EXPECT_EQ(times.age, 10.0 / 7);
}

TEST(WeighTimes, CountsCustomersThatBoughtAtTheSameTimes) {
  const PurchaseTimes early = {.frequency = 1, .recency = 2, .age = 9};
  const PurchaseTimes late = {.frequency = 1, .recency = 3, .age = 9};
  const PurchaseTimes once = {.frequency = 0, .recency = 0, .age = 4};
  std::vector<PurchaseSummary> customers = {
      {late, 5}, {early, 1}, {once, 0}, {late, 7}, {late, 0}};

  const std::vector<WeightedTimes> weighted = WeighTimes(customers);

  EXPECT_THAT(weighted, ElementsAre(Field(&WeightedTimes::times, once),
                                    Field(&WeightedTimes::times, early),
                                    Field(&WeightedTimes::times, late)));
  EXPECT_THAT(weighted, ElementsAre(Field(&WeightedTimes::customer_count, 1),
                                    Field(&WeightedTimes::customer_count, 1),
                                    Field(&WeightedTimes::customer_count, 3)));
  EXPECT_TRUE(WeighTimes({}).empty());
}

TEST(WeighTimes, DoesNotDependOnTheOrderOfTheCustomers) {
  auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;
  const std::vector<WeightedTimes> expected = WeighTimes(*customers);

  std::shuffle(customers->begin(), customers->end(), std::mt19937(5));

  const std::vector<WeightedTimes> weighted = WeighTimes(*customers);
  ASSERT_EQ(weighted.size(), expected.size());
  for (size_t i = 0; i < weighted.size(); ++i) {
    EXPECT_EQ(weighted[i].times, expected[i].times);
    EXPECT_EQ(weighted[i].customer_count, expected[i].customer_count);
  }
}

TEST(Summarize, EqualsThePublishedCdnowSummary) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;

  ASSERT_EQ(customers->size(), 2'357);
  int64_t repeats = 0;
  int64_t once = 0;
  for (const PurchaseSummary& customer : *customers) {
    repeats += customer.times.frequency;
    if (customer.times.frequency == 0) ++once;
  }
  EXPECT_EQ(repeats, 2'457);
  EXPECT_EQ(once, 1'411);
  // Rounded to 2 decimals where it is printed: (2, 30.43, 38.86), 22.35.
  const PurchaseSummary& first = customers->front();
  EXPECT_EQ(first.times.frequency, 2);
  EXPECT_NEAR(first.times.recency, 30.43, .005);
  EXPECT_NEAR(first.times.age, 38.86, .005);
  EXPECT_NEAR(first.mean_value, 22.35, .0051);
}

}  // namespace
}  // namespace crm::analytical
