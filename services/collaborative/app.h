// The collaborative service: what customers and the business say to each other,
// on the kernel.

#ifndef CRM_SERVICES_COLLABORATIVE_APP_H_
#define CRM_SERVICES_COLLABORATIVE_APP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/host/service.h"

namespace crm::collaborative {

// Returns the service: its resources, rules, methods and slices.
absl::StatusOr<std::unique_ptr<Service>> MakeCollaborative(
    const ServiceEnvironment& environment);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_APP_H_
