#include "services/analytical/domain/clv/gamma_gamma.h"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <map>

#include "services/analytical/domain/clv/bg_nbd.h"

namespace crm::analytical {
namespace {

// p, q, gamma for values whose mean is 1. From some starts searches run off to
// where p is without bound and gamma vanishes.
const std::vector<std::vector<double>>& Starts() {
  static const auto& starts =
      *new std::vector<std::vector<double>>{{1, 2, 1}, {5, 4, .5}, {2, 10, 5}};
  return starts;
}

bool HasValue(const PurchaseSummary& customer) {
  return customer.times.frequency > 0 && customer.mean_value > 0;
}

}  // namespace

std::vector<ValueGroup> GroupValues(
    const std::vector<PurchaseSummary>& customers) {
  std::map<int64_t, std::vector<double>> means;
  for (const PurchaseSummary& customer : customers) {
    if (!HasValue(customer)) continue;
    means[customer.times.frequency].push_back(customer.mean_value);
  }
  std::vector<ValueGroup> groups;
  for (auto& [frequency, values] : means) {
    std::sort(values.begin(), values.end());
    groups.push_back({static_cast<double>(frequency), std::move(values)});
  }
  return groups;
}

double GammaGammaLogLikelihood(const GammaGamma& model,
                               const std::vector<ValueGroup>& groups,
                               absl::Span<double> gradient) {
  using boost::math::digamma;
  using boost::math::lgamma;
  const auto& [p, q, gamma] = model;
  double total = 0;
  double by_p = 0;
  double by_q = 0;
  double by_gamma = 0;
  for (const auto& [x, means] : groups) {
    const auto count = static_cast<double>(means.size());
    double log_means = 0;
    double log_sums = 0;
    double inverse_sums = 0;
    for (const double mean : means) {
      log_means += std::log(mean);
      log_sums += std::log(gamma + x * mean);
      inverse_sums += 1 / (gamma + x * mean);
    }
    const double shape = p * x;
    total += count * (lgamma(shape + q) - lgamma(shape) - lgamma(q) +
                      q * std::log(gamma) + shape * std::log(x)) +
             (shape - 1) * log_means - (shape + q) * log_sums;
    by_p += x * (count * (digamma(shape + q) - digamma(shape) + std::log(x)) +
                 log_means - log_sums);
    by_q +=
        count * (digamma(shape + q) - digamma(q) + std::log(gamma)) - log_sums;
    by_gamma += count * q / gamma - (shape + q) * inverse_sums;
  }
  gradient[0] = by_p;
  gradient[1] = by_q;
  gradient[2] = by_gamma;
  return total;
}

LikelihoodFit FitGammaGamma(const std::vector<PurchaseSummary>& customers) {
  std::vector<ValueGroup> groups = GroupValues(customers);
  double count = 0;
  double sum = 0;
  for (const ValueGroup& group : groups) {
    count += static_cast<double>(group.means.size());
    for (const double mean : group.means) sum += mean;
  }
  if (count < static_cast<double>(kMinRepeatCustomers)) return {};
  const double unit = sum / count;
  for (ValueGroup& group : groups) {
    for (double& mean : group.means) mean /= unit;
  }
  LikelihoodFit fit = MaximizeLikelihood(
      [&](absl::Span<const double> at, absl::Span<double> gradient) {
        return GammaGammaLogLikelihood({at[0], at[1], at[2]}, groups, gradient);
      },
      Starts(), count);
  Estimate& gamma = fit.estimates[2];
  gamma = {gamma.value * unit, gamma.low * unit, gamma.high * unit};
  // Each mean has a density by money.
  fit.log_likelihood -= count * std::log(unit);
  if (fit.estimates[1].value <= 1) fit.verdict = FitVerdict::kNotConverged;
  return fit;
}

GammaGamma GammaGammaOf(const LikelihoodFit& fit) {
  return {.p = fit.estimates[0].value,
          .q = fit.estimates[1].value,
          .gamma = fit.estimates[2].value};
}

double ExpectedValue(const GammaGamma& model, const PurchaseSummary& customer) {
  const auto& [p, q, gamma] = model;
  // Of somebody who bought again for nothing the model knows nothing either.
  const double shape = HasValue(customer)
                           ? p * static_cast<double>(customer.times.frequency)
                           : 0;
  const double spent =
      static_cast<double>(customer.times.frequency) * customer.mean_value;
  return p * (gamma + (shape > 0 ? spent : 0)) / (shape + q - 1);
}

std::optional<double> ValueCorrelation(
    const std::vector<PurchaseSummary>& customers) {
  const std::vector<ValueGroup> groups = GroupValues(customers);
  double count = 0;
  double frequencies = 0;
  double values = 0;
  for (const auto& [x, means] : groups) {
    count += static_cast<double>(means.size());
    frequencies += x * static_cast<double>(means.size());
    for (const double mean : means) values += mean;
  }
  double covariance = 0;
  double frequency_variance = 0;
  double value_variance = 0;
  for (const auto& [x, means] : groups) {
    for (const double mean : means) {
      const double frequency_part = x - frequencies / count;
      const double value_part = mean - values / count;
      covariance += frequency_part * value_part;
      frequency_variance += frequency_part * frequency_part;
      value_variance += value_part * value_part;
    }
  }
  if (frequency_variance <= 0 || value_variance <= 0) return std::nullopt;
  return covariance / std::sqrt(frequency_variance * value_variance);
}

}  // namespace crm::analytical
