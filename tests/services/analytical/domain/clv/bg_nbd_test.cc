#include "services/analytical/domain/clv/bg_nbd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/domain/clv/cdnow_customers.h"
#include "tests/services/analytical/domain/clv/simulated_customers.h"

namespace crm::analytical {
namespace {

using testing::kNoReferenceData;
using testing::ReadCdnowCustomers;
using testing::SimulatePurchases;

constexpr BgNbd kTruth = {.r = .6, .alpha = 4, .a = .8, .b = 2.5};

double LogLikelihoodOf(const BgNbd& model,
                       const std::vector<WeightedTimes>& customers) {
  std::array<double, 4> unused;
  return BgNbdLogLikelihood(model, customers, absl::MakeSpan(unused));
}

// The likelihood as it is printed, which holds only while nothing overflows.
double PrintedLikelihood(const BgNbd& model, const PurchaseTimes& times) {
  const auto& [r, alpha, a, b] = model;
  const auto x = static_cast<double>(times.frequency);
  const double alive = std::beta(a, b + x) / std::beta(a, b) *
                       std::tgamma(r + x) * std::pow(alpha, r) /
                       (std::tgamma(r) * std::pow(alpha + times.age, r + x));
  if (times.frequency == 0) return alive;
  return alive + std::beta(a + 1, b + x - 1) / std::beta(a, b) *
                     std::tgamma(r + x) * std::pow(alpha, r) /
                     (std::tgamma(r) * std::pow(alpha + times.recency, r + x));
}

void ExpectNear(const LikelihoodFit& fit, const LikelihoodFit& expected,
                const std::array<double, 4>& scale) {
  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  for (size_t i = 0; i < scale.size(); ++i) {
    const Estimate& wanted = expected.estimates[i];
    EXPECT_NEAR(fit.estimates[i].value / scale[i], wanted.value,
                1e-5 * wanted.value)
        << i;
  }
}

TEST(BgNbdLogLikelihood, EqualsThePrintedForm) {
  for (const PurchaseTimes& times :
       {PurchaseTimes{0, 0, 38.86}, PurchaseTimes{0, 0, 0},
        PurchaseTimes{1, 0, 0}, PurchaseTimes{2, 30.43, 38.86},
        PurchaseTimes{26, 30.857, 31}}) {
    EXPECT_NEAR(LogLikelihoodOf(kTruth, {{times, 3}}),
                3 * std::log(PrintedLikelihood(kTruth, times)), 1e-9)
        << times.frequency;
  }
}

TEST(BgNbdLogLikelihood, GivesItsDerivatives) {
  const auto customers = WeighTimes(SimulatePurchases(kTruth, 200, 1));
  std::array<double, 4> gradient;
  BgNbdLogLikelihood(kTruth, customers, absl::MakeSpan(gradient));

  double BgNbd::*const parameters[] = {&BgNbd::r, &BgNbd::alpha, &BgNbd::a,
                                       &BgNbd::b};
  for (size_t i = 0; i < gradient.size(); ++i) {
    BgNbd above = kTruth;
    BgNbd below = kTruth;
    above.*parameters[i] += 1e-5;
    below.*parameters[i] -= 1e-5;
    EXPECT_NEAR(gradient[i],
                (LogLikelihoodOf(above, customers) -
                 LogLikelihoodOf(below, customers)) /
                    2e-5,
                1e-4 * (1 + std::abs(gradient[i])))
        << i;
  }
}

// Cases that gave NaN in packages.
TEST(BgNbdLogLikelihood, StaysFiniteForManyPurchases) {
  const BgNbd wild = {.r = 10.465, .alpha = .00799, .a = 1e-6, .b = 1e6};
  for (const PurchaseTimes& times :
       {PurchaseTimes{221, 103.43, 103.57}, PurchaseTimes{500, 100, 100},
        PurchaseTimes{10'000, 1, 1'000}, PurchaseTimes{1, 0, 1e9}}) {
    std::array<double, 4> gradient;
    EXPECT_TRUE(std::isfinite(
        BgNbdLogLikelihood(wild, {{times, 1}}, absl::MakeSpan(gradient))));
    for (const double slope : gradient) EXPECT_TRUE(std::isfinite(slope));
  }
}

TEST(FitBgNbd, EqualsThePublishedFit) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;

  const LikelihoodFit fit = FitBgNbd(WeighTimes(*customers));

  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  EXPECT_GE(fit.log_likelihood, -9582.4300);
  EXPECT_LE(fit.log_likelihood, -9582.4290);
  EXPECT_NEAR(fit.estimates[0].value, .24259, .001);
  EXPECT_NEAR(fit.estimates[1].value, 4.41360, .01);
  EXPECT_NEAR(fit.estimates[2].value, .79292, .005);
  EXPECT_NEAR(fit.estimates[3].value, 2.42591, .02);
}

TEST(FitBgNbd, FindsTheParametersOfSimulatedCustomers) {
  const double truth[] = {kTruth.r, kTruth.alpha, kTruth.a, kTruth.b};

  const LikelihoodFit fit =
      FitBgNbd(WeighTimes(SimulatePurchases(kTruth, 20'000, 17)));

  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  for (size_t i = 0; i < fit.estimates.size(); ++i) {
    EXPECT_NEAR(fit.estimates[i].value, truth[i], .12 * truth[i]) << i;
  }
}

// Each interval misses one time in twenty.
TEST(FitBgNbd, HasTheTruthInAsManyIntervalsAsItSays) {
  constexpr int kFits = 60;
  const double truth[] = {kTruth.r, kTruth.alpha, kTruth.a, kTruth.b};
  int hits = 0;
  int narrow = 0;
  for (int seed = 0; seed < kFits; ++seed) {
    const LikelihoodFit fit =
        FitBgNbd(WeighTimes(SimulatePurchases(kTruth, 1'500, 100 + seed)));
    ASSERT_EQ(fit.verdict, FitVerdict::kConverged) << seed;
    for (size_t i = 0; i < fit.estimates.size(); ++i) {
      const Estimate& estimate = fit.estimates[i];
      if (estimate.low <= truth[i] && truth[i] <= estimate.high) ++hits;
      if (estimate.high < 5 * estimate.low) ++narrow;
    }
  }
  // Of 240, correlated four by four: 228 are expected.
  EXPECT_GE(hits, 212);
  EXPECT_LE(hits, 239);
  EXPECT_GE(narrow, 230);
}

TEST(FitBgNbd, ScalesWithTheUnitOfTime) {
  const auto weeks = ReadCdnowCustomers(7);
  const auto days = ReadCdnowCustomers(1);
  if (!weeks.has_value()) GTEST_SKIP() << kNoReferenceData;

  const LikelihoodFit by_weeks = FitBgNbd(WeighTimes(*weeks));
  const LikelihoodFit by_days = FitBgNbd(WeighTimes(*days));

  ExpectNear(by_days, by_weeks, {1, 7, 1, 1});
  EXPECT_NEAR(by_days.log_likelihood,
              by_weeks.log_likelihood - 2'457 * std::log(7), 1e-5);
}

TEST(FitBgNbd, IsTheSameForEveryCustomerTwice) {
  const std::vector<WeightedTimes> once =
      WeighTimes(SimulatePurchases(kTruth, 1'000, 3));
  std::vector<WeightedTimes> twice = once;
  for (WeightedTimes& customers : twice) customers.customer_count *= 2;

  const LikelihoodFit expected = FitBgNbd(once);
  const LikelihoodFit fit = FitBgNbd(twice);

  ExpectNear(fit, expected, {1, 1, 1, 1});
  EXPECT_NEAR(fit.log_likelihood, 2 * expected.log_likelihood, 1e-5);
  // What is known better has a narrower interval.
  EXPECT_LT(fit.estimates[2].high, expected.estimates[2].high);
}

TEST(FitBgNbd, DoesNotDependOnTheOrderOfTheCustomers) {
  std::vector<PurchaseSummary> customers = SimulatePurchases(kTruth, 1'000, 4);
  const LikelihoodFit expected = FitBgNbd(WeighTimes(customers));

  std::shuffle(customers.begin(), customers.end(), std::mt19937(8));

  const LikelihoodFit fit = FitBgNbd(WeighTimes(customers));
  EXPECT_EQ(fit.estimates, expected.estimates);
  EXPECT_EQ(fit.log_likelihood, expected.log_likelihood);
}

TEST(FitBgNbd, SaysThatItDidNotConvergeWhereNobodyLeaves) {
  const LikelihoodFit fit = FitBgNbd(
      WeighTimes(SimulatePurchases(kTruth, 1'000, 5, /*leaving=*/false)));

  EXPECT_EQ(fit.verdict, FitVerdict::kNotConverged);
  ASSERT_EQ(fit.estimates.size(), 4);
  for (const Estimate& estimate : fit.estimates) {
    EXPECT_TRUE(std::isfinite(estimate.value));
    EXPECT_EQ(estimate.low, estimate.value);
  }
  EXPECT_NEAR(fit.estimates[0].value, kTruth.r, .1);
}

TEST(FitBgNbd, SaysThatItDidNotConvergeOnEqualCustomers) {
  EXPECT_EQ(
      FitBgNbd({{{.frequency = 5, .recency = 30, .age = 40}, 500}}).verdict,
      FitVerdict::kNotConverged);
  EXPECT_EQ(FitBgNbd({{{.frequency = 1, .recency = 0, .age = 0}, 500}}).verdict,
            FitVerdict::kNotConverged);
}

TEST(FitBgNbd, FitsNothingToFewCustomers) {
  const PurchaseTimes once = {.frequency = 0, .recency = 0, .age = 30};
  const PurchaseTimes again = {.frequency = 2, .recency = 9, .age = 30};

  for (const auto& customers :
       std::vector<std::vector<WeightedTimes>>{{},
                                               {{once, 1'000}},
                                               {{once, 1'000}, {again, 19}},
                                               {{once, 9}, {again, 40}}}) {
    const LikelihoodFit fit = FitBgNbd(customers);
    EXPECT_EQ(fit.verdict, FitVerdict::kInsufficientData);
    EXPECT_TRUE(fit.estimates.empty());
  }
}

}  // namespace
}  // namespace crm::analytical
