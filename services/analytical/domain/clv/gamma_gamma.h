// The Gamma-Gamma model of Fader & Hardie (note 025, 2013): what a purchase of
// a customer is worth.
//
// The values of a customer's purchases are gamma distributed (shape p) around a
// mean of its own, and the means over customers by a gamma distributed rate
// (shape q, scale 1/gamma). gamma has the unit of money; the others have none.
// The model takes it that how much customers spend does not depend on how often
// they buy; ValueCorrelation() tells how far that holds.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_GAMMA_GAMMA_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_GAMMA_GAMMA_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "services/analytical/domain/clv/maximum_likelihood.h"
#include "services/analytical/domain/clv/purchase_summary.h"

namespace crm::analytical {

struct GammaGamma {
  double p = 0;
  double q = 0;
  double gamma = 0;
};

// The mean values of the customers with equally many repeat purchases, sorted.
struct ValueGroup {
  double frequency = 0;
  std::vector<double> means;
};

// Returns the groups by growing frequency. Customers that did not buy again, or
// for nothing, are left out.
std::vector<ValueGroup> GroupValues(
    const std::vector<PurchaseSummary>& customers);

// Returns the log-likelihood of the values and writes its derivatives by p, q
// and gamma into `gradient`.
double GammaGammaLogLikelihood(const GammaGamma& model,
                               const std::vector<ValueGroup>& groups,
                               absl::Span<double> gradient);

// Fits the model: the estimates are p, q, gamma. It needs kMinRepeatCustomers
// of bg_nbd.h that bought again for something. It is NOT_CONVERGED too if q is
// not above 1, as then customers are worth no finite amount on average.
LikelihoodFit FitGammaGamma(const std::vector<PurchaseSummary>& customers);

// Returns the model of a fit with estimates.
GammaGamma GammaGammaOf(const LikelihoodFit& fit);

// Returns what a purchase of the customer is expected to bring; for one without
// a value of its own, what one of anybody does. Requires q > 1.
double ExpectedValue(const GammaGamma& model, const PurchaseSummary& customer);

// Returns the correlation (Pearson) of frequency and mean value over the
// customers that the model is fitted to, or nothing where it has none, as all
// have one frequency or one value.
std::optional<double> ValueCorrelation(
    const std::vector<PurchaseSummary>& customers);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_GAMMA_GAMMA_H_
