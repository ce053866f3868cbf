// How often a customer went around the lifecycle, and how long a round took.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_CYCLES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_CYCLES_H_

#include <vector>

#include "crm/analytical/v1/lifecycle_journey.pb.h"

namespace crm::analytical {

// Measures the runs of one customer, which come in any order. A round goes from
// the beginning of a run to that of the next one.
v1::LifecycleCycles MeasureCycles(
    const std::vector<v1::LifecycleJourney>& journeys);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_CYCLES_H_
