#include "services/analytical/domain/clv/bg_nbd.h"

#include <algorithm>
#include <cmath>

namespace crm::analytical {
namespace {

// The oldest customer's age while the model is fitted. From unscaled times,
// searches run off to where nobody leaves.
constexpr double kFitAge = 10;

// r, alpha, a, b for times of that scale.
const std::vector<std::vector<double>>& Starts() {
  static const auto& starts = *new std::vector<std::vector<double>>{
      {1, 1, 1, 1}, {.25, 1, .75, 2.5}, {.5, 5, .2, 5}, {3, 10, 1, 10}};
  return starts;
}

// The sums over i < x that the likelihood of x repeat purchases has, for
// growing x: logarithms of the ratios of gamma functions, without their
// cancellation, and the derivatives.
class FrequencySums {
 public:
  explicit FrequencySums(const BgNbd& model) : model_(model) {}

  void AdvanceTo(int64_t frequency) {
    const auto& [r, alpha, a, b] = model_;
    for (; frequency_ < frequency; ++frequency_) {
      const auto i = static_cast<double>(frequency_);
      log_rate += std::log(r + i);
      log_rate_by_r += 1 / (r + i);
      log_stay -= std::log1p(a / (b + i));
      log_stay_by_a -= 1 / (a + b + i);
      log_stay_by_b += a / ((b + i) * (a + b + i));
    }
  }

  // Of gamma(r + x) / gamma(r).
  double log_rate = 0;
  double log_rate_by_r = 0;
  // Of B(a, b + x) / B(a, b).
  double log_stay = 0;
  double log_stay_by_a = 0;
  double log_stay_by_b = 0;

 private:
  const BgNbd model_;
  int64_t frequency_ = 0;
};

}  // namespace

double BgNbdLogLikelihood(const BgNbd& model,
                          const std::vector<WeightedTimes>& customers,
                          absl::Span<double> gradient) {
  const auto& [r, alpha, a, b] = model;
  const double log_alpha = std::log(alpha);
  const double log_a = std::log(a);
  FrequencySums sums(model);
  double total = 0;
  double by_r = 0;
  double by_alpha = 0;
  double by_a = 0;
  double by_b = 0;
  // By growing frequency.
  for (const auto& [times, weight] : customers) {
    sums.AdvanceTo(times.frequency);
    const auto x = static_cast<double>(times.frequency);
    const double log_age = std::log(alpha + times.age);
    // The logarithm of: still alive, plus left after the last purchase.
    double log_fate = -(r + x) * log_age;
    // The share of those who left in it.
    double left = 0;
    double log_recency = 0;
    if (times.frequency > 0) {
      log_recency = std::log(alpha + times.recency);
      const double log_odds =
          log_a - std::log(b + x - 1) + (r + x) * (log_age - log_recency);
      left = 1 / (1 + std::exp(-log_odds));
      log_fate += log_odds > 0 ? log_odds + std::log1p(std::exp(-log_odds))
                               : std::log1p(std::exp(log_odds));
      by_a += weight * left / a;
      by_b -= weight * left / (b + x - 1);
    }
    total +=
        weight * (sums.log_rate + sums.log_stay + r * log_alpha + log_fate);
    by_r += weight * (sums.log_rate_by_r + log_alpha - (1 - left) * log_age -
                      left * log_recency);
    by_alpha +=
        weight * (r / alpha - (r + x) * ((1 - left) / (alpha + times.age) +
                                         left / (alpha + times.recency)));
    by_a += weight * sums.log_stay_by_a;
    by_b += weight * sums.log_stay_by_b;
  }
  gradient[0] = by_r;
  gradient[1] = by_alpha;
  gradient[2] = by_a;
  gradient[3] = by_b;
  return total;
}

LikelihoodFit FitBgNbd(const std::vector<WeightedTimes>& customers) {
  double count = 0;
  double repeat_count = 0;
  double repeats = 0;
  double oldest = 0;
  for (const auto& [times, weight] : customers) {
    count += weight;
    if (times.frequency > 0) repeat_count += weight;
    repeats += weight * static_cast<double>(times.frequency);
    oldest = std::max(oldest, times.age);
  }
  if (count < static_cast<double>(kMinCustomers) ||
      repeat_count < static_cast<double>(kMinRepeatCustomers)) {
    return {};
  }
  const double unit = oldest / kFitAge;
  std::vector<WeightedTimes> scaled = customers;
  for (auto& [times, weight] : scaled) {
    times.recency /= unit;
    times.age /= unit;
  }
  LikelihoodFit fit = MaximizeLikelihood(
      [&](absl::Span<const double> at, absl::Span<double> gradient) {
        return BgNbdLogLikelihood({at[0], at[1], at[2], at[3]}, scaled,
                                  gradient);
      },
      Starts(), count);
  Estimate& alpha = fit.estimates[1];
  alpha = {alpha.value * unit, alpha.low * unit, alpha.high * unit};
  // Each repeat purchase has a density by time.
  fit.log_likelihood -= repeats * std::log(unit);
  return fit;
}

BgNbd BgNbdOf(const LikelihoodFit& fit) {
  return {.r = fit.estimates[0].value,
          .alpha = fit.estimates[1].value,
          .a = fit.estimates[2].value,
          .b = fit.estimates[3].value};
}

}  // namespace crm::analytical
