// How two things move together over time.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CORRELATION_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CORRELATION_H_

#include <optional>

#include "absl/types/span.h"

namespace crm::analytical {

// Returns Pearson's correlation of two series of one length, from -1 to 1;
// nothing if either does not vary. A pure function.
std::optional<double> Correlation(absl::Span<const double> a,
                                  absl::Span<const double> b);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CORRELATION_H_
