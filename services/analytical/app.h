// The analytical service: a warehouse filled from events, and what is read off
// it (RFM, portfolio concentration and customer lifetime value so far), on the
// kernel.

#ifndef CRM_SERVICES_ANALYTICAL_APP_H_
#define CRM_SERVICES_ANALYTICAL_APP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/host/service.h"

namespace crm::analytical {

// Returns the service: its resources, methods, slices, and the events it
// follows. Errors as OpenWarehouse().
absl::StatusOr<std::unique_ptr<Service>> MakeAnalytical(
    const ServiceEnvironment& environment);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_APP_H_
