// Goes through the runs of the lifecycle that a caller may read.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_SCAN_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_SCAN_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Calls `visit` with each run of `customer`, or of all customers if that is
// empty. Returns PERMISSION_DENIED (FIELD_HIDDEN) to a caller from whom roles
// hide what figures over the runs would tell, and RESOURCE_EXHAUSTED
// (TOO_MANY_ROWS) beyond 200 000 runs, or 10 000 of one customer.
absl::Status VisitJourneys(
    const ReadView& view, const CallContext& call, const std::string& customer,
    absl::FunctionRef<void(const v1::LifecycleJourney&)> visit);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_SCAN_H_
