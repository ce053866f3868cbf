// The BG/NBD model of Fader, Hardie & Lee (2005): how often customers will buy
// who never say that they left.
//
// While a customer is alive, purchases come by chance at a rate of its own, and
// after each one it leaves with a chance of its own. Rates are gamma
// distributed (shape r, scale 1/alpha), the chances to leave beta distributed
// (a, b). alpha has the unit of time; the others have none. Customers leave
// only after a repeat purchase, so one that bought once counts as alive for
// ever.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_BG_NBD_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_BG_NBD_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "services/analytical/domain/clv/maximum_likelihood.h"
#include "services/analytical/domain/clv/purchase_summary.h"

namespace crm::analytical {

struct BgNbd {
  double r = 0;
  double alpha = 0;
  double a = 0;
  double b = 0;
};

// Without as many customers, and as many that bought again, nothing is fitted.
inline constexpr int64_t kMinCustomers = 50;
inline constexpr int64_t kMinRepeatCustomers = 20;

// Returns the log-likelihood of the customers and writes its derivatives by r,
// alpha, a and b into `gradient`. It is finite for all positive parameters
// whose logarithms a search may have, and for all times.
double BgNbdLogLikelihood(const BgNbd& model,
                          const std::vector<WeightedTimes>& customers,
                          absl::Span<double> gradient);

// Fits the model. The estimates are r, alpha, a, b in the unit of time of the
// customers. It ends as NOT_CONVERGED on data in which nobody seems to leave,
// since any a near 0 is then as good as another.
LikelihoodFit FitBgNbd(const std::vector<WeightedTimes>& customers);

// Returns the model of a fit with estimates.
BgNbd BgNbdOf(const LikelihoodFit& fit);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_BG_NBD_H_
