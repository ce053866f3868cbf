#include "tests/services/analytical/domain/clv/simulated_customers.h"

#include <random>

namespace crm::analytical::testing {
namespace {

double DrawGamma(std::mt19937_64& random, double shape, double scale) {
  return std::gamma_distribution<double>(shape, scale)(random);
}

double DrawBeta(std::mt19937_64& random, double a, double b) {
  const double left = DrawGamma(random, a, 1);
  return left / (left + DrawGamma(random, b, 1));
}

}  // namespace

std::vector<PurchaseSummary> SimulatePurchases(const BgNbd& model, int count,
                                               uint64_t seed, bool leaving) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> ages(20, 60);
  std::vector<PurchaseSummary> customers;
  for (int i = 0; i < count; ++i) {
    PurchaseTimes times{.age = ages(random)};
    std::exponential_distribution<double> gap(
        DrawGamma(random, model.r, 1 / model.alpha));
    std::bernoulli_distribution leaves(
        leaving ? DrawBeta(random, model.a, model.b) : 0);
    for (double at = gap(random); at <= times.age; at += gap(random)) {
      times.recency = at;
      ++times.frequency;
      if (leaves(random)) break;
    }
    customers.push_back({.times = times});
  }
  return customers;
}

void SimulateValues(const GammaGamma& model, uint64_t seed,
                    std::vector<PurchaseSummary>& customers) {
  std::mt19937_64 random(seed);
  for (PurchaseSummary& customer : customers) {
    const double rate = DrawGamma(random, model.q, 1 / model.gamma);
    const auto x = static_cast<double>(customer.times.frequency);
    if (x == 0) continue;
    customer.mean_value = DrawGamma(random, model.p * x, 1 / (rate * x));
  }
}

}  // namespace crm::analytical::testing
