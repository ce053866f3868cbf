// The operational service: sales automation (so far), on the kernel.

#ifndef CRM_SERVICES_OPERATIONAL_APP_H_
#define CRM_SERVICES_OPERATIONAL_APP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/host/service.h"

namespace crm::operational {

// Returns the service: its resources, rules, methods and slices.
absl::StatusOr<std::unique_ptr<Service>> MakeOperational(
    const ServiceEnvironment& environment);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_APP_H_
