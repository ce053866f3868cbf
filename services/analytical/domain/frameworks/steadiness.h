// How steady something is over time.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_STEADINESS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_STEADINESS_H_

#include "absl/types/span.h"

namespace crm::analytical {

struct Steadiness {
  double mean = 0;
  // The mean square of what the values are away from their mean.
  double variance = 0;
  // Its root / the mean; 0 if the mean is not positive.
  double variation = 0;
};

// Returns it; all 0 without values. A pure function.
Steadiness MeasureSteadiness(absl::Span<const double> values);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_STEADINESS_H_
