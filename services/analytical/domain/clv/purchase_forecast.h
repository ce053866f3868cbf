// What the BG/NBD model says of one customer: whether it is still alive, and
// how often it will buy.
//
// The expectation is that of the customer's own rate and chance to leave, given
// what it bought: an integral over the beta distribution of the chance, taken
// by Boost's tanh-sinh quadrature. It equals the published form with Gauss's
// hypergeometric function, which loses its digits near a = 1 and where many
// purchases make its powers overflow; the integral does not.
//
// Everything here is a pure function of its arguments, and finite for all of
// them.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_FORECAST_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_FORECAST_H_

#include <cstdint>
#include <map>
#include <utility>

#include "services/analytical/domain/clv/bg_nbd.h"
#include "services/analytical/domain/clv/purchase_summary.h"

namespace crm::analytical {

// Returns the probability that the customer has not left; 1 for one that bought
// once, as the model has it.
double AliveProbability(const BgNbd& model, const PurchaseTimes& times);

// Periods of equal length, each worth less than the one before.
struct DiscountedPeriods {
  // At least 1.
  int32_t count = 0;
  double length = 0;
  // What one unit of money is worth less a period, 0.01 for 1 %.
  double discount_rate = 0;
};

struct PurchaseForecast {
  double alive_probability = 0;
  double expected_purchases = 0;
  // Purchases weighted by what money is worth at the end of their period.
  double discounted_purchases = 0;
};

// Forecasts customers over the periods after their age. Customers of one
// frequency and age share an integral, which is kept. Thread-compatible.
class PurchaseForecaster {
 public:
  PurchaseForecaster(const BgNbd& model, const DiscountedPeriods& periods)
      : model_(model), periods_(periods) {}

  PurchaseForecast Forecast(const PurchaseTimes& times);

 private:
  // What a customer buys that is alive.
  struct Live {
    double purchases = 0;
    double discounted = 0;
  };

  Live ComputeLive(const PurchaseTimes& times) const;

  const BgNbd model_;
  const DiscountedPeriods periods_;
  std::map<std::pair<int64_t, double>, Live> live_;
};

// Returns the purchases to expect within `horizon` after the customer's age.
// For one without past, all zeros, it is what a new customer buys beside its
// first purchase.
double ExpectedPurchases(const BgNbd& model, const PurchaseTimes& times,
                         double horizon);

// Returns the probability that a customer makes `purchases` repeat purchases
// within `time` after its first one.
double PurchaseCountProbability(const BgNbd& model, int64_t purchases,
                                double time);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_PURCHASE_FORECAST_H_
