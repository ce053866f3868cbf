#include "services/analytical/domain/clv/purchase_forecast.h"

#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace crm::analytical {
namespace {

namespace policies = boost::math::policies;

// Nothing is thrown: what is out of range is 0, infinite or NaN.
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>,
                     policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>>;

constexpr double kIntegralTolerance = 1e-9;

// Returns the mean of `function`, which is 0 at 0, over the beta distribution
// (a, b). The line through its ends has a mean of its own; what is left is 0 at
// both, so that nothing is lost where the density has no bound.
template <typename Function>
double BetaMean(double a, double b, const Function& function) {
  // Thread-safe, though its methods are not declared const.
  static auto& quadrature =
      *new boost::math::quadrature::tanh_sinh<double, Quiet>();
  const double log_norm = boost::math::lgamma(a, Quiet()) +
                          boost::math::lgamma(b, Quiet()) -
                          boost::math::lgamma(a + b, Quiet());
  const double at_one = function(1);
  // From -1 to 1, with the distance to the nearer end, negative on the left.
  const auto density = [&](double at, double to_end) {
    const double p = (at < 0 ? -to_end : 2 - to_end) / 2;
    const double rest = (at < 0 ? 2 + to_end : to_end) / 2;
    return std::exp((a - 1) * std::log(p) + (b - 1) * std::log(rest) -
                    log_norm) *
           (function(p) - at_one * p);
  };
  return at_one * a / (a + b) +
         quadrature.integrate(density, kIntegralTolerance) / 2;
}

// What a customer that is alive buys on average, given what it bought: its rate
// is gamma distributed (shape, 1/scale), its chance to leave beta (a, stay).
struct Prospect {
  double shape;
  double scale;
  double a;
  double stay;
};

Prospect ProspectOf(const BgNbd& model, const PurchaseTimes& times) {
  const auto x = static_cast<double>(times.frequency);
  return {.shape = model.r + x,
          .scale = model.alpha + times.age,
          .a = model.a,
          .stay = model.b + x};
}

// How many purchases fewer than without leaving, for a chance `p` to leave at
// each: shape z - (1 - (1 + p z)^-shape) / p.
double LostPurchases(double shape, double z, double p) {
  return shape * z + std::expm1(-shape * std::log1p(p * z)) / p;
}

}  // namespace

double AliveProbability(const BgNbd& model, const PurchaseTimes& times) {
  if (times.frequency == 0) return 1;
  const auto x = static_cast<double>(times.frequency);
  const double log_odds_left =
      std::log(model.a) - std::log(model.b + x - 1) +
      (model.r + x) * std::log1p((times.age - times.recency) /
                                 (model.alpha + times.recency));
  return 1 / (1 + std::exp(log_odds_left));
}

PurchaseForecast PurchaseForecaster::Forecast(const PurchaseTimes& times) {
  const auto [found, is_new] = live_.try_emplace({times.frequency, times.age});
  Live& live = found->second;
  if (is_new) live = ComputeLive(times);
  PurchaseForecast forecast;
  forecast.alive_probability = AliveProbability(model_, times);
  forecast.expected_purchases = forecast.alive_probability * live.purchases;
  forecast.discounted_purchases = forecast.alive_probability * live.discounted;
  return forecast;
}

PurchaseForecaster::Live PurchaseForecaster::ComputeLive(
    const PurchaseTimes& times) const {
  const auto [shape, scale, a, stay] = ProspectOf(model_, times);
  // The mean of a weighted sum of the purchases up to several times, each given
  // as a part of the scale, over the chances to leave.
  const auto mean_of = [&](const auto& weigh) {
    const double without_leaving = weigh([&](double z) { return shape * z; });
    const double lost = BetaMean(a, stay, [&](double p) {
      return weigh([&](double z) { return LostPurchases(shape, z, p); });
    });
    return without_leaving - lost;
  };
  const double step = periods_.length / scale;
  Live live;
  live.purchases =
      mean_of([&](const auto& up_to) { return up_to(periods_.count * step); });
  if (periods_.discount_rate == 0) {
    live.discounted = live.purchases;
    return live;
  }
  // Summed by parts: what is bought up to the end of a period counts by how
  // much less the next one is worth.
  live.discounted = mean_of([&](const auto& up_to) {
    double worth = 1;
    double sum = 0;
    for (int32_t i = 1; i <= periods_.count; ++i) {
      worth /= 1 + periods_.discount_rate;
      const double lost_next = worth - worth / (1 + periods_.discount_rate);
      sum += (i < periods_.count ? lost_next : worth) * up_to(i * step);
    }
    return sum;
  });
  return live;
}

double ExpectedPurchases(const BgNbd& model, const PurchaseTimes& times,
                         double horizon) {
  return PurchaseForecaster(model, {.count = 1, .length = horizon})
      .Forecast(times)
      .expected_purchases;
}

double PurchaseCountProbability(const BgNbd& model, int64_t purchases,
                                double time) {
  const auto& [r, alpha, a, b] = model;
  const auto n = static_cast<double>(purchases);
  const double passed = time / (alpha + time);
  // Of B(a, b + n) / B(a, b).
  double log_stay = 0;
  for (int64_t i = 0; i < purchases; ++i) {
    log_stay -= std::log1p(a / (b + static_cast<double>(i)));
  }
  const double log_alive = log_stay + boost::math::lgamma(r + n, Quiet()) -
                           boost::math::lgamma(r, Quiet()) -
                           boost::math::lgamma(n + 1, Quiet()) +
                           r * std::log(alpha / (alpha + time)) +
                           (purchases == 0 ? 0 : n * std::log(passed));
  if (purchases == 0) return std::exp(log_alive);
  // Left after the last one: it would have come to that many or more.
  return std::exp(log_alive) + std::exp(log_stay) * a / (b + n - 1) *
                                   boost::math::ibeta(n, r, passed, Quiet());
}

}  // namespace crm::analytical
