// The LIFECYCLE slice of the customer profile: where the customer is, by the
// runs that this service owns.

#ifndef CRM_SERVICES_ANALYTICAL_SLICES_LIFECYCLE_H_
#define CRM_SERVICES_ANALYTICAL_SLICES_LIFECYCLE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Returns the slice message, serialised: of no bytes if the customer has no run
// that the view shows, so that a cache keeps this as well. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) beyond 10 000 runs.
absl::StatusOr<std::optional<std::string>> BuildLifecycleSlice(
    const ReadView& view, const std::string& customer);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_SLICES_LIFECYCLE_H_
