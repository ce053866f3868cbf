#include "services/analytical/domain/clv/gamma_gamma.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/clv/purchase_forecast.h"
#include "tests/services/analytical/domain/clv/cdnow_customers.h"
#include "tests/services/analytical/domain/clv/simulated_customers.h"

namespace crm::analytical {
namespace {

using testing::kNoReferenceData;
using testing::ReadCdnowCustomers;

constexpr GammaGamma kTruth = {.p = 6, .q = 4, .gamma = 15};
constexpr GammaGamma kPrinted = {.p = 6.25, .q = 3.74, .gamma = 15.44};

std::vector<PurchaseSummary> Simulate(int count, uint64_t seed) {
  std::vector<PurchaseSummary> customers =
      testing::SimulatePurchases({.6, 4, .8, 2.5}, count, seed);
  testing::SimulateValues(kTruth, seed + 1, customers);
  return customers;
}

double LogLikelihoodOf(const GammaGamma& model,
                       const std::vector<ValueGroup>& groups) {
  std::array<double, 3> unused;
  return GammaGammaLogLikelihood(model, groups, absl::MakeSpan(unused));
}

TEST(GroupValues, LeavesOutWhoDidNotBuyAgainForSomething) {
  const auto groups = GroupValues({{{.frequency = 0}, 0},
                                   {{.frequency = 2}, 7},
                                   {{.frequency = 2}, 3},
                                   {{.frequency = 1}, 0},
                                   {{.frequency = 1}, -4},
                                   {{.frequency = 1}, 5}});

  ASSERT_EQ(groups.size(), 2);
  EXPECT_EQ(groups[0].frequency, 1);
  EXPECT_THAT(groups[0].means, ::testing::ElementsAre(5));
  EXPECT_EQ(groups[1].frequency, 2);
  EXPECT_THAT(groups[1].means, ::testing::ElementsAre(3, 7));
}

TEST(GammaGammaLogLikelihood, GivesItsDerivatives) {
  const auto groups = GroupValues(Simulate(300, 1));
  std::array<double, 3> gradient;
  GammaGammaLogLikelihood(kTruth, groups, absl::MakeSpan(gradient));

  double GammaGamma::*const parameters[] = {&GammaGamma::p, &GammaGamma::q,
                                            &GammaGamma::gamma};
  for (size_t i = 0; i < gradient.size(); ++i) {
    GammaGamma above = kTruth;
    GammaGamma below = kTruth;
    above.*parameters[i] += 1e-5;
    below.*parameters[i] -= 1e-5;
    EXPECT_NEAR(
        gradient[i],
        (LogLikelihoodOf(above, groups) - LogLikelihoodOf(below, groups)) /
            2e-5,
        1e-4 * (1 + std::abs(gradient[i])))
        << i;
  }
}

TEST(FitGammaGamma, EqualsThePublishedFit) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;

  const LikelihoodFit fit = FitGammaGamma(*customers);

  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  EXPECT_GE(fit.log_likelihood, -4055.92);
  EXPECT_LE(fit.log_likelihood, -4055.91);
  EXPECT_NEAR(fit.estimates[0].value, 6.2496, .02);
  EXPECT_NEAR(fit.estimates[1].value, 3.7442, .02);
  EXPECT_NEAR(fit.estimates[2].value, 15.4435, .1);
}

TEST(FitGammaGamma, FindsTheParametersOfSimulatedCustomers) {
  const double truth[] = {kTruth.p, kTruth.q, kTruth.gamma};

  const LikelihoodFit fit = FitGammaGamma(Simulate(20'000, 21));

  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  for (size_t i = 0; i < fit.estimates.size(); ++i) {
    EXPECT_NEAR(fit.estimates[i].value, truth[i], .15 * truth[i]) << i;
    EXPECT_LT(fit.estimates[i].low, truth[i]) << i;
    EXPECT_GT(fit.estimates[i].high, truth[i]) << i;
  }
}

TEST(FitGammaGamma, ScalesWithTheUnitOfMoney) {
  std::vector<PurchaseSummary> customers = Simulate(1'000, 2);
  const LikelihoodFit expected = FitGammaGamma(customers);
  double count = 0;
  for (const ValueGroup& group : GroupValues(customers)) {
    count += static_cast<double>(group.means.size());
  }

  for (PurchaseSummary& customer : customers) customer.mean_value *= 1'000;

  const LikelihoodFit fit = FitGammaGamma(customers);
  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  EXPECT_NEAR(fit.estimates[0].value, expected.estimates[0].value, 1e-4);
  EXPECT_NEAR(fit.estimates[1].value, expected.estimates[1].value, 1e-4);
  EXPECT_NEAR(fit.estimates[2].value / 1'000, expected.estimates[2].value,
              1e-3);
  EXPECT_NEAR(fit.log_likelihood,
              expected.log_likelihood - count * std::log(1'000), 1e-5);
}

TEST(FitGammaGamma, DoesNotDependOnTheOrderOfTheCustomers) {
  std::vector<PurchaseSummary> customers = Simulate(1'000, 3);
  const LikelihoodFit expected = FitGammaGamma(customers);

  std::shuffle(customers.begin(), customers.end(), std::mt19937(9));

  EXPECT_EQ(FitGammaGamma(customers).estimates, expected.estimates);
}

TEST(FitGammaGamma, SaysThatItDidNotConvergeOnEqualValues) {
  const std::vector<PurchaseSummary> customers(
      100, {{.frequency = 3, .recency = 5, .age = 9}, 12.5});

  EXPECT_EQ(FitGammaGamma(customers).verdict, FitVerdict::kNotConverged);
}

// The expected value of a customer that is not known would be without bound.
TEST(FitGammaGamma, SaysThatItDidNotConvergeWhereValuesHaveNoMean) {
  std::vector<PurchaseSummary> customers =
      testing::SimulatePurchases({.6, 4, .8, 2.5}, 5'000, 6);
  testing::SimulateValues({.p = 6, .q = .8, .gamma = 15}, 7, customers);

  const LikelihoodFit fit = FitGammaGamma(customers);

  EXPECT_EQ(fit.verdict, FitVerdict::kNotConverged);
  EXPECT_NEAR(fit.estimates[1].value, .8, .08);
}

TEST(FitGammaGamma, FitsNothingToFewCustomers) {
  std::vector<PurchaseSummary> customers(kMinRepeatCustomers - 1,
                                         {{.frequency = 1}, 5});
  customers.resize(1'000);

  EXPECT_EQ(FitGammaGamma(customers).verdict, FitVerdict::kInsufficientData);
}

TEST(ExpectedValue, EqualsThePublishedFigures) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;

  const double published[] = {24.65, 18.91, 35.17, 35.17, 35.17,
                              71.46, 18.91, 35.17, 27.28, 35.17};
  for (size_t i = 0; i < std::size(published); ++i) {
    EXPECT_NEAR(ExpectedValue(kPrinted, (*customers)[i]), published[i], .1)
        << i;
  }
}

TEST(ExpectedValue, LiesBetweenTheCustomersMeanAndThatOfAll) {
  const double all = ExpectedValue(kPrinted, {});
  EXPECT_NEAR(all, 6.25 * 15.44 / 2.74, 1e-12);

  const PurchaseTimes few = {.frequency = 1};
  const PurchaseTimes many = {.frequency = 500};
  EXPECT_GT(ExpectedValue(kPrinted, {few, 100}), all);
  EXPECT_LT(ExpectedValue(kPrinted, {few, 100}), 100);
  EXPECT_NEAR(ExpectedValue(kPrinted, {many, 100}), 100, .1);
  // Nothing was paid, so nothing is known.
  EXPECT_EQ(ExpectedValue(kPrinted, {few, 0}), all);
}

TEST(ValueCorrelation, EqualsThatOfTheCdnowCustomers) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;

  // As the documentation of the package lifetimes prints it.
  const auto correlation = ValueCorrelation(*customers);
  ASSERT_TRUE(correlation.has_value());
  EXPECT_NEAR(*correlation, .113884, 1e-4);
}

TEST(ValueCorrelation, IsOneOnALineAndNoneWithoutDifferences) {
  const std::vector<PurchaseSummary> line = {
      {{.frequency = 1}, 10}, {{.frequency = 2}, 20}, {{.frequency = 5}, 50}};
  EXPECT_NEAR(ValueCorrelation(line).value_or(0), 1, 1e-12);
  EXPECT_FALSE(ValueCorrelation({}).has_value());
  EXPECT_FALSE(
      ValueCorrelation({{{.frequency = 1}, 10}, {{.frequency = 2}, 10}})
          .has_value());
}

// The table that the package lifetimes makes with its monthly steps.
TEST(LifetimeValue, EqualsThePublishedTable) {
  const auto customers = ReadCdnowCustomers();
  if (!customers.has_value()) GTEST_SKIP() << kNoReferenceData;
  PurchaseForecaster forecaster(
      {.r = .243, .alpha = 4.414, .a = .793, .b = 2.426},
      {.count = 12, .length = 4.345, .discount_rate = .01});

  std::vector<double> values;
  double sum = 0;
  for (const PurchaseSummary& customer : *customers) {
    values.push_back(forecaster.Forecast(customer.times).discounted_purchases *
                     ExpectedValue(kPrinted, customer));
    sum += values.back();
  }

  const double first[] = {36.289, 4.637, 8.369, 8.369, 8.369};
  for (size_t i = 0; i < std::size(first); ++i) {
    EXPECT_NEAR(values[i], first[i], 1e-3 * first[i]) << i;
  }
  EXPECT_NEAR(sum, 71'560.21, 1e-3 * 71'560.21);
  const auto top = std::max_element(values.begin(), values.end());
  EXPECT_EQ(top - values.begin(), 508);
  EXPECT_NEAR(*top, 1'174.79, 1.17479);
}

}  // namespace
}  // namespace crm::analytical
