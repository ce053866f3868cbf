// Finds the parameters under which data are most likely, and says whether the
// data tell them at all.
//
// The parameters are positive and are looked for by their logarithms, by
// gradients (NLopt's SLSQP) from several starts, of which the best end counts.
// An end is a maximum if no more likelihood is to be gained there, it lies at
// no bound, and the likelihood falls in all directions, so that each parameter
// has an interval. Else the verdict says that the search did not converge, and
// the estimates are merely where it ended.
//
// The same data give the same estimates, to the bit. Everything here is a pure
// function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_MAXIMUM_LIKELIHOOD_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_MAXIMUM_LIKELIHOOD_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

namespace crm::analytical {

// What a fit came to.
enum class FitVerdict { kInsufficientData, kNotConverged, kConverged };

// A parameter with its 95 % interval, which is symmetric in the logarithm; low
// and high equal the value where there is none.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  friend bool operator==(const Estimate&, const Estimate&) = default;
};

struct LikelihoodFit {
  FitVerdict verdict = FitVerdict::kInsufficientData;
  // By parameter; empty if the data do not suffice.
  std::vector<Estimate> estimates;
  double log_likelihood = 0;
};

// Returns the log-likelihood under `parameters`, and its derivatives.
using LogLikelihood = absl::FunctionRef<double(
    absl::Span<const double> parameters, absl::Span<double> gradient)>;

// Finds the maximum. `starts` are not empty; parameters should be scaled so
// that they are near 1. `observations` is how many the likelihood is of.
LikelihoodFit MaximizeLikelihood(LogLikelihood log_likelihood,
                                 const std::vector<std::vector<double>>& starts,
                                 double observations);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_MAXIMUM_LIKELIHOOD_H_
