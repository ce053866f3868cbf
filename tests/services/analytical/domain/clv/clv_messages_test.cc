#include "services/analytical/domain/clv/clv_messages.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;

constexpr absl::string_view kSymbols[] = {"a", "b"};

TEST(ToClvFit, NamesTheParameters) {
  const LikelihoodFit fit = {.verdict = FitVerdict::kConverged,
                             .estimates = {{2, 1, 3}, {5, 4, 6}},
                             .log_likelihood = -7};

  EXPECT_THAT(ToClvFit(fit, kSymbols), EqualsProto(R"pb(
                verdict: CONVERGED
                parameters { symbol: "a" value: 2 low: 1 high: 3 }
                parameters { symbol: "b" value: 5 low: 4 high: 6 }
                log_likelihood: -7
              )pb"));
  EXPECT_THAT(ToClvFit({}, kSymbols),
              EqualsProto("verdict: INSUFFICIENT_DATA"));
}

TEST(MoneyOf, RoundsToNanos) {
  const auto money = MoneyOf("USD", -1.25);
  ASSERT_THAT(money, IsOk());
  EXPECT_THAT(*money, EqualsProto("currency_code: 'USD' units: -1 "
                                  "nanos: -250000000"));
}

TEST(MoneyOf, RefusesWhatNoMoneyHolds) {
  for (const double units :
       {1e19, -1e300, 9.3e18, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THAT(MoneyOf("USD", units),
                StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"))
        << units;
  }
}

TEST(ToClvScore, LeavesOutWhatTheFitsDoNotTell) {
  const PurchaseHistory history = {.customer = "customers/ada"};
  const PurchaseSummary summary = {{.frequency = 2, .recency = 3, .age = 4},
                                   10};
  const PurchaseForecast forecast = {.alive_probability = .5,
                                     .expected_purchases = 3,
                                     .discounted_purchases = 2};
  LifetimeValue value;

  auto score = ToClvScore(history, summary, value, "USD");
  ASSERT_THAT(score, IsOk());
  EXPECT_THAT(*score, EqualsProto(R"pb(
    customer: "customers/ada"
    frequency: 2
    recency_weeks: 3
    age_weeks: 4
    mean_value { currency_code: "USD" units: 10 }
    value_tier: UNKNOWN
  )pb"));

  value.forecast = forecast;
  score = ToClvScore(history, summary, value, "USD");
  ASSERT_THAT(score, IsOk());
  EXPECT_EQ(score->alive_probability(), .5);
  EXPECT_EQ(score->expected_purchases(), 3);
  EXPECT_FALSE(score->has_lifetime_value());

  value.expected_value = 12;
  score = ToClvScore(history, summary, value, "USD");
  ASSERT_THAT(score, IsOk());
  EXPECT_EQ(score->expected_value().units(), 12);
  EXPECT_EQ(score->lifetime_value().units(), 24);
}

v1::ClvScore Worth(int64_t units) {
  v1::ClvScore score;
  score.set_value_tier(v1::ClvScore::UNKNOWN);
  score.mutable_lifetime_value()->set_currency_code("USD");
  score.mutable_lifetime_value()->set_units(units);
  return score;
}

TEST(SetTiers, GoesByTheGivenBoundaries) {
  v1::ClvModel model;
  model.set_currency_code("USD");
  auto& boundaries = *model.mutable_value_boundaries();
  *boundaries.mutable_middle() = Worth(10).lifetime_value();
  *boundaries.mutable_high() = Worth(10).lifetime_value();
  *boundaries.mutable_top() = Worth(30).lifetime_value();
  std::vector<v1::ClvScore> scores = {Worth(9), Worth(10), Worth(30)};
  scores.emplace_back().set_value_tier(v1::ClvScore::UNKNOWN);

  ASSERT_THAT(SetTiers(model, scores), IsOk());

  EXPECT_EQ(scores[0].value_tier(), v1::ClvScore::LOW);
  EXPECT_EQ(scores[1].value_tier(), v1::ClvScore::HIGH);
  EXPECT_EQ(scores[2].value_tier(), v1::ClvScore::TOP);
  EXPECT_EQ(scores[3].value_tier(), v1::ClvScore::UNKNOWN);
}

TEST(SetTiers, RefusesBoundariesThatFallOrAreInAnotherCurrency) {
  v1::ClvModel model;
  model.set_currency_code("USD");
  auto& boundaries = *model.mutable_value_boundaries();
  *boundaries.mutable_middle() = Worth(10).lifetime_value();
  *boundaries.mutable_high() = Worth(9).lifetime_value();
  *boundaries.mutable_top() = Worth(30).lifetime_value();
  std::vector<v1::ClvScore> scores;

  EXPECT_THAT(SetTiers(model, scores),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  boundaries.mutable_high()->set_units(20);
  EXPECT_THAT(SetTiers(model, scores), IsOk());
  model.set_currency_code("EUR");
  EXPECT_THAT(SetTiers(model, scores),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(SetTiers, FindsAndKeepsBoundariesWhereNoneAreGiven) {
  v1::ClvModel model;
  model.set_currency_code("USD");
  std::vector<v1::ClvScore> scores;
  for (int64_t units = 1; units <= 100; ++units) scores.push_back(Worth(units));

  ASSERT_THAT(SetTiers(model, scores), IsOk());

  EXPECT_EQ(model.value_boundaries().top().units(), 96);
  EXPECT_EQ(model.value_boundaries().middle().units(), 51);
  EXPECT_EQ(scores[95].value_tier(), v1::ClvScore::TOP);
  EXPECT_EQ(scores[94].value_tier(), v1::ClvScore::HIGH);
}

TEST(SetTiers, FindsNoBoundariesWithoutValues) {
  v1::ClvModel model;
  std::vector<v1::ClvScore> scores(3);

  ASSERT_THAT(SetTiers(model, scores), IsOk());

  EXPECT_FALSE(model.has_value_boundaries());
}

TEST(Fingerprint, TellsDifferentPurchasesApart) {
  const PurchaseHistory one = {.customer = "a",
                               .first_day = 1,
                               .last_day = 2,
                               .purchase_day_count = 2,
                               .repeat_revenue = -5};
  PurchaseHistory other = one;
  other.repeat_revenue = 5;

  EXPECT_EQ(Fingerprint({one}).size(), 64);
  EXPECT_EQ(Fingerprint({one}), Fingerprint({one}));
  EXPECT_NE(Fingerprint({one}), Fingerprint({other}));
  EXPECT_NE(Fingerprint({one}), Fingerprint({}));
}

}  // namespace
}  // namespace crm::analytical
