#include "services/analytical/domain/clv/purchase_forecast.h"

#include <boost/math/special_functions/expm1.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/hypergeometric_pFq.hpp>
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

// The optimum of the published fit, and the parameters that the paper prints.
constexpr BgNbd kFit = {
    .r = .2425945, .alpha = 4.4136019, .a = .7929199, .b = 2.4258881};
constexpr BgNbd kPrinted = {.r = .243, .alpha = 4.414, .a = .793, .b = 2.426};

constexpr PurchaseTimes kNew = {};

// The expectation as it is printed, where it can be computed.
double PrintedExpectation(const BgNbd& model, const PurchaseTimes& times,
                          double horizon) {
  const auto& [r, alpha, a, b] = model;
  const auto x = static_cast<double>(times.frequency);
  const double series = boost::math::hypergeometric_pFq(
      {r + x, b + x}, {a + b + x - 1}, horizon / (alpha + times.age + horizon));
  const double live =
      (a + b + x - 1) / (a - 1) *
      (1 -
       std::pow((alpha + times.age) / (alpha + times.age + horizon), r + x) *
           series);
  const double odds_left =
      times.frequency == 0
          ? 0
          : a / (b + x - 1) *
                std::pow((alpha + times.age) / (alpha + times.recency), r + x);
  return live / (1 + odds_left);
}

TEST(ExpectedPurchases, EqualsThePublishedFiguresOfNewCustomers) {
  const std::vector<std::pair<double, double>> published = {
      {.1429, .0078}, {1, .0532},   {3, .1506},    {31.8571, 1.0405},
      {32, 1.0437},   {78, 1.8576}, {52, 1.444004}};
  for (const auto& [weeks, purchases] : published) {
    EXPECT_NEAR(ExpectedPurchases(kFit, kNew, weeks), purchases, .0005)
        << weeks;
  }
}

TEST(ExpectedPurchases, EqualsThePublishedFiguresOfKnownCustomers) {
  EXPECT_NEAR(ExpectedPurchases(kFit, {2, 30.43, 38.86}, 39), 1.226, .001);
  EXPECT_NEAR(ExpectedPurchases(kFit, {26, 30.857, 31}, 52), 25.75659,
              1e-3 * 25.75659);
  // Who bought more often, and then not for as long, is less likely to return.
  const std::vector<std::pair<int64_t, double>> paradox = {
      {10, .3474606}, {15, .04283391}, {20, .004158973}, {25, .0003585685}};
  for (const auto& [frequency, purchases] : paradox) {
    EXPECT_NEAR(ExpectedPurchases(kFit, {frequency, 20, 39}, 52), purchases,
                1e-3 * purchases)
        << frequency;
  }
}

TEST(ExpectedPurchases, EqualsThePrintedForm) {
  for (const BgNbd& model :
       {kFit, BgNbd{.6, 4, 2.5, 3}, BgNbd{2, 10, .3, .9}}) {
    for (const PurchaseTimes& times :
         {PurchaseTimes{1, 3, 8}, PurchaseTimes{4, 20, 30},
          PurchaseTimes{40, 51, 52}}) {
      for (const double horizon : {.1, 10.0, 200.0}) {
        const double expected = PrintedExpectation(model, times, horizon);
        EXPECT_NEAR(ExpectedPurchases(model, times, horizon), expected,
                    1e-7 * expected)
            << model.a << " " << times.frequency << " " << horizon;
      }
    }
  }
}

// The printed form divides by a - 1.
TEST(ExpectedPurchases, PassesThroughAOfOne) {
  const PurchaseTimes times = {4, 20, 30};
  const auto at = [&](double a) {
    return ExpectedPurchases({.6, 4, a, 2.5}, times, 52);
  };

  EXPECT_NEAR(at(1), (at(1 - 1e-4) + at(1 + 1e-4)) / 2, 1e-6);
  EXPECT_NEAR(at(1), PrintedExpectation({.6, 4, 1 + 1e-5, 2.5}, times, 52),
              1e-3);
}

// A customer that hardly ever leaves buys at its rate; one that leaves at once
// buys once more at most.
TEST(ExpectedPurchases, HasItsLimits) {
  const PurchaseTimes times = {4, 20, 20};
  EXPECT_NEAR(ExpectedPurchases({2, 10, 1e-6, 1e4}, times, 30), 6, 1e-5);
  EXPECT_NEAR(ExpectedPurchases({2, 10, 1e6, 1e-3}, kNew, 1e7), 1, 1e-3);
  EXPECT_NEAR(ExpectedPurchases(kFit, times, 1e-9), 0, 1e-9);
}

TEST(ExpectedPurchases, HasNoJumpWherePowersOverflow) {
  double before = ExpectedPurchases(kFit, {100, 200, 200}, 10);
  for (int64_t frequency = 101; frequency < 600; ++frequency) {
    const double purchases = ExpectedPurchases(kFit, {frequency, 200, 200}, 10);
    EXPECT_GT(purchases, before) << frequency;
    EXPECT_LT(purchases - before, .06) << frequency;
    before = purchases;
  }
}

TEST(AliveProbability, EqualsThePublishedFigure) {
  EXPECT_NEAR(AliveProbability(kFit, {26, 30.857, 31}), .9688523, 5e-6);
}

TEST(AliveProbability, NeverLetsWhoBoughtOnceLeave) {
  EXPECT_EQ(AliveProbability(kFit, {0, 0, 1'000}), 1);
}

TEST(AliveProbability, StaysFiniteForManyPurchases) {
  EXPECT_EQ(AliveProbability(kFit, {1'000, 10, 100}), 0);
  EXPECT_EQ(ExpectedPurchases(kFit, {1'000, 10, 100}, 52), 0);
  EXPECT_GT(AliveProbability(kFit, {100'000, 100, 100}), .99);
  for (const int64_t frequency : {221, 254, 400, 500}) {
    const double alive =
        AliveProbability({10.465, .00799, .2, 3}, {frequency, 103.43, 103.57});
    EXPECT_GE(alive, 0);
    EXPECT_LE(alive, 1);
  }
}

TEST(PurchaseForecaster, DiscountsByPeriods) {
  const PurchaseTimes times = {2, 30.43, 38.86};
  double expected = 0;
  for (int month = 1; month <= 12; ++month) {
    expected += (ExpectedPurchases(kPrinted, times, month * 4.345) -
                 ExpectedPurchases(kPrinted, times, (month - 1) * 4.345)) /
                std::pow(1.01, month);
  }

  const PurchaseForecast forecast =
      PurchaseForecaster(kPrinted,
                         {.count = 12, .length = 4.345, .discount_rate = .01})
          .Forecast(times);

  EXPECT_NEAR(forecast.discounted_purchases, expected, 1e-8);
  EXPECT_NEAR(forecast.expected_purchases,
              ExpectedPurchases(kPrinted, times, 12 * 4.345), 1e-10);
  EXPECT_EQ(forecast.alive_probability, AliveProbability(kPrinted, times));
}

TEST(PurchaseForecaster, WithoutDiscountCountsAllPurchasesWhole) {
  const PurchaseForecast forecast =
      PurchaseForecaster(kFit, {.count = 5, .length = 2}).Forecast({3, 10, 20});

  EXPECT_EQ(forecast.discounted_purchases, forecast.expected_purchases);
}

TEST(PurchaseForecaster, TellsCustomersOfOneAgeApart) {
  PurchaseForecaster forecaster(kFit, {.count = 1, .length = 39});

  forecaster.Forecast({2, 1, 38.86});
  const double recent =
      forecaster.Forecast({2, 30.43, 38.86}).expected_purchases;
  const double frequent =
      forecaster.Forecast({3, 30.43, 38.86}).expected_purchases;

  EXPECT_NEAR(recent, 1.226, .001);
  EXPECT_GT(frequent, recent);
}

TEST(PurchaseCountProbability, EqualsThePublishedFigures) {
  const auto near = [](double figure) {
    return ::testing::DoubleNear(figure, 1e-5 * figure);
  };
  EXPECT_THAT(PurchaseCountProbability(kPrinted, 10, 2), near(1.07869e-7));
  EXPECT_THAT(PurchaseCountProbability(kPrinted, 0, 39), near(.5737864));
  const std::vector<double> published = {
      .0019995,  .0015170,  .0011633,  .00090031, .00070236,
      .00055179, .00043619, .00034672, .00027696, .00022223};
  for (size_t i = 0; i < published.size(); ++i) {
    EXPECT_NEAR(PurchaseCountProbability(kPrinted, 11 + i, 30), published[i],
                2e-5 * published[i] + 5e-9)
        << i;
  }
}

TEST(PurchaseCountProbability, SumsToOne) {
  double sum = 0;
  double mean = 0;
  for (int64_t n = 0; n < 2'000; ++n) {
    const double probability = PurchaseCountProbability(kFit, n, 20);
    sum += probability;
    mean += static_cast<double>(n) * probability;
  }
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_NEAR(mean, ExpectedPurchases(kFit, kNew, 20), 1e-7);
  EXPECT_EQ(PurchaseCountProbability(kFit, 0, 0), 1);
  EXPECT_EQ(PurchaseCountProbability(kFit, 3, 0), 0);
}

}  // namespace
}  // namespace crm::analytical
