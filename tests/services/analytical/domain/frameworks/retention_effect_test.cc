#include "services/analytical/domain/frameworks/retention_effect.h"

#include <cmath>

#include "gtest/gtest.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using ::testing::DoubleNear;

// 100 customers bought before, `retained` of them again, and 120 in all for 20
// EUR each.
RetentionFacts Book(int64_t retained) {
  return {.earlier = 100,
          .retained = retained,
          .ordering = 120,
          .revenue = absl::int128(2'400) * kNanosPerUnit};
}

v1::EstimateRetentionEffectRequest Ask(int32_t change, int32_t margin,
                                       int32_t discount) {
  v1::EstimateRetentionEffectRequest request;
  request.set_retention_change_millionths(change);
  request.set_margin_millionths(margin);
  request.set_discount_millionths(discount);
  return request;
}

absl::StatusOr<v1::RetentionEffect> Effect(
    const RetentionFacts& facts,
    const v1::EstimateRetentionEffectRequest& request) {
  v1::RetentionEffect effect;
  effect.set_currency_code("EUR");
  const absl::Status status = FillRetentionEffect(facts, request, effect);
  if (!status.ok()) return status;
  return effect;
}

double UnitsOf(const google::type::Money& money) {
  return static_cast<double>(ToNanos(money)) / double{kNanosPerUnit};
}

TEST(RetentionEffect, GX_05_EqualsTheClosedFormOnASyntheticBook) {
  for (const int64_t retained : {0, 37, 60, 80, 95}) {
    for (const int32_t change : {-50'000, 0, 10'000, 50'000}) {
      for (const int32_t discount : {1'000, 100'000}) {
        const double r = static_cast<double>(retained) / 100;
        const double changed = std::max(0.0, r + change / 1e6);
        const double d = discount / 1e6;
        const double profit = 20 * .3;

        const auto effect =
            Effect(Book(retained), Ask(change, 300'000, discount));

        ASSERT_THAT(effect, IsOk());
        EXPECT_EQ(ToNanos(effect->period_profit()), 6 * kNanosPerUnit);
        EXPECT_THAT(UnitsOf(effect->lifetime_profit()),
                    DoubleNear(profit * (1 + d) / (1 + d - r), 1e-8));
        EXPECT_THAT(UnitsOf(effect->changed_lifetime_profit()),
                    DoubleNear(profit * (1 + d) / (1 + d - changed), 1e-8));
        EXPECT_THAT(effect->profit_change(),
                    DoubleNear((1 + d - r) / (1 + d - changed) - 1, 1e-9));
        EXPECT_EQ(effect->retention_millionths(), retained * 10'000);
      }
    }
  }
}

// The sum of what the periods bring, one after the other.
TEST(RetentionEffect, GX_05_IsTheSumOfAllPeriods) {
  const auto effect = Effect(Book(80), Ask(0, 1'000'000, 100'000));

  ASSERT_THAT(effect, IsOk());
  double sum = 0;
  double part = 20;
  for (int period = 0; period < 1'000; ++period) {
    sum += part;
    part *= .8 / 1.1;
  }
  EXPECT_THAT(UnitsOf(effect->lifetime_profit()), DoubleNear(sum, 1e-6));
}

// What five points more bring hangs on the book: no figure holds for all.
TEST(RetentionEffect, GX_05_IsAnotherOneForEachBook) {
  const auto loose = Effect(Book(20), Ask(50'000, 300'000, 0));
  const auto loyal = Effect(Book(90), Ask(50'000, 300'000, 0));

  ASSERT_THAT(loose, IsOk());
  ASSERT_THAT(loyal, IsOk());
  EXPECT_THAT(loose->profit_change(), DoubleNear(1.0 / 15, 1e-12));
  EXPECT_THAT(loyal->profit_change(), DoubleNear(1, 1e-12));
}

TEST(RetentionEffect, RefusesWhereThereIsNothingToTell) {
  EXPECT_THAT(Effect({}, Ask(0, 1, 0)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_ORDERS"));
  EXPECT_THAT(
      Effect(Book(100), Ask(0, 1, 0)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RETENTION_COMPLETE"));
  EXPECT_THAT(
      Effect(Book(96), Ask(50'000, 1, 0)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RETENTION_COMPLETE"));
  EXPECT_THAT(Effect(Book(96), Ask(50'000, 1, 1)), IsOk());
}

TEST(RetentionEffect, RefusesAmountsThatNoMoneyHolds) {
  RetentionFacts facts = Book(99);
  facts.ordering = 1;
  facts.revenue = absl::int128(9'000'000'000'000'000'000) * kNanosPerUnit;

  EXPECT_FALSE(Effect(facts, Ask(0, 1'000'000, 1)).ok());
}

}  // namespace
}  // namespace crm::analytical
