// How the runs of a customer are summed up in the customer's profile.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_LIFECYCLE_SLICE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_LIFECYCLE_SLICE_H_

#include <vector>

#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/profile/v1/lifecycle_slice.pb.h"

namespace crm::analytical {

// Returns where a customer is whose runs are `journeys`, in any order. Without
// one the slice is empty.
profile::v1::LifecycleSlice SumUpLifecycle(
    const std::vector<v1::LifecycleJourney>& journeys);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_LIFECYCLE_SLICE_H_
