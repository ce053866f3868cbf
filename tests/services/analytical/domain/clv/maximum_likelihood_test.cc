#include "services/analytical/domain/clv/maximum_likelihood.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

// 100 observations of a rate: gamma distributed in its parameter, with the
// maximum at 100 / sum.
struct Exponential {
  double sum;
  double operator()(absl::Span<const double> at,
                    absl::Span<double> gradient) const {
    gradient[0] = 100 / at[0] - sum;
    return 100 * std::log(at[0]) - sum * at[0];
  }
};

TEST(MaximizeLikelihood, FindsTheMaximumAndItsInterval) {
  const LikelihoodFit fit = MaximizeLikelihood(Exponential{50}, {{.1}}, 100);

  ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
  EXPECT_NEAR(fit.estimates[0].value, 2, 1e-7);
  // The standard error of the logarithm is 1 / sqrt(100).
  EXPECT_NEAR(fit.estimates[0].low, 2 * std::exp(-.1959964), 1e-6);
  EXPECT_NEAR(fit.estimates[0].high, 2 * std::exp(.1959964), 1e-6);
  EXPECT_NEAR(fit.log_likelihood, 100 * std::log(2) - 100, 1e-9);
}

TEST(MaximizeLikelihood, TakesTheBestOfItsEnds) {
  // Two peaks by the logarithm: at -3, and a higher one at 3.
  const auto two_peaks = [](absl::Span<const double> at,
                            absl::Span<double> gradient) {
    const double x = std::log(at[0]);
    const double low = std::exp(-(x + 3) * (x + 3));
    const double high = 2 * std::exp(-(x - 3) * (x - 3));
    gradient[0] = 100 * (-2 * (x + 3) * low - 2 * (x - 3) * high) / at[0];
    return 100 * (low + high);
  };
  for (const auto& starts : std::vector<std::vector<std::vector<double>>>{
           {{std::exp(-2.5)}, {std::exp(2.5)}},
           {{std::exp(2.5)}, {std::exp(-2.5)}}}) {
    const LikelihoodFit fit = MaximizeLikelihood(two_peaks, starts, 1);

    ASSERT_EQ(fit.verdict, FitVerdict::kConverged);
    EXPECT_NEAR(std::log(fit.estimates[0].value), 3, 1e-6);
  }
}

TEST(MaximizeLikelihood, DoesNotConvergeWhereLikelihoodRisesWithoutEnd) {
  const auto rising = [](absl::Span<const double> at,
                         absl::Span<double> gradient) {
    gradient[0] = 100 / ((1 + at[0]) * (1 + at[0]));
    return 100 * at[0] / (1 + at[0]);
  };

  EXPECT_EQ(MaximizeLikelihood(rising, {{1}}, 100).verdict,
            FitVerdict::kNotConverged);
}

TEST(MaximizeLikelihood, DoesNotConvergeOnWhatSaysNothingOfAParameter) {
  const auto flat = [](absl::Span<const double> at,
                       absl::Span<double> gradient) {
    gradient[1] = 0;
    return Exponential{50}(at.first(1), gradient.first(1));
  };

  EXPECT_EQ(MaximizeLikelihood(flat, {{1, 1}}, 100).verdict,
            FitVerdict::kNotConverged);
}

TEST(MaximizeLikelihood, DoesNotConvergeOnWhatIsNoNumber) {
  const auto broken = [](absl::Span<const double> /*at*/,
                         absl::Span<double> gradient) {
    gradient[0] = std::numeric_limits<double>::quiet_NaN();
    return std::numeric_limits<double>::quiet_NaN();
  };

  EXPECT_EQ(MaximizeLikelihood(broken, {{1}}, 100).verdict,
            FitVerdict::kNotConverged);
}

}  // namespace
}  // namespace crm::analytical
