#include "services/analytical/domain/rfm_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOkAndHolds;
using crm::testing::StatusIs;

constexpr absl::int128 kOne = kNanosPerUnit;

CustomerScore Score() {
  return {.customer = "customers/a",
          .recency_days = 12,
          .frequency = 3,
          .monetary = kOne * 5 / 2,
          .recency_score = 5,
          .frequency_score = 4,
          .monetary_score = 3};
}

TEST(ToBands, SaysWhichWholeValuesReachAScore) {
  // 115, 181, 297.4, 482 days; 4, 5, 6.2, 8 orders; 255.8, ... of revenue.
  const RfmThresholds thresholds = {
      .recency = {575, 905, 1487, 2410},
      .frequency = {20, 25, 31, 40},
      .monetary = {1279 * kOne, 1910 * kOne, 2532 * kOne, 3331}};

  EXPECT_THAT(ToBands(thresholds, "USD"), IsOkAndHolds(EqualsProto(R"pb(
                recency_days: [ 481, 297, 180, 114 ]
                frequency: [ 4, 5, 7, 8 ]
                monetary { currency_code: "USD" units: 255 nanos: 800000000 }
                monetary { currency_code: "USD" units: 382 }
                monetary { currency_code: "USD" units: 506 nanos: 400000000 }
                monetary { currency_code: "USD" nanos: 667 }
              )pb")));
}

TEST(ToRfmScore, WritesTheCell) {
  EXPECT_THAT(ToRfmScore(Score(), "USD"), IsOkAndHolds(EqualsProto(R"pb(
                customer: "customers/a"
                recency_days: 12
                frequency: 3
                monetary { currency_code: "USD" units: 2 nanos: 500000000 }
                recency_score: 5
                frequency_score: 4
                monetary_score: 3
                rfm_cell: "543"
              )pb")));
}

TEST(ToRfmScore, RefusesAnAmountThatNoMoneyHolds) {
  CustomerScore score = Score();
  score.monetary = kOne * kOne * kOne * 10;

  EXPECT_THAT(ToRfmScore(score, "USD"),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

TEST(ToScoresSlice, SaysWhatRecencyCountsFrom) {
  EXPECT_THAT(ToScoresSlice(Score(), "USD", absl::FromUnixSeconds(60)),
              IsOkAndHolds(EqualsProto(R"pb(
                as_of_time { seconds: 60 }
                recency_days: 12
                frequency: 3
                monetary { currency_code: "USD" units: 2 nanos: 500000000 }
                recency_score: 5
                frequency_score: 4
                monetary_score: 3
                rfm_cell: "543"
              )pb")));
}

}  // namespace
}  // namespace crm::analytical
