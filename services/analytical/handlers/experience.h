// The method that tells what customers answered to surveys.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/measured_views.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/call/call.h"

namespace crm::analytical {

// Serves the method of its request. Returns INVALID_ARGUMENT for a period that
// ends before it begins, RESOURCE_EXHAUSTED (TOO_MANY_TOUCHPOINTS) beyond 1000
// touchpoints and sorts of question, and the errors of the warehouse.
absl::StatusOr<v1::ExperienceIndex> HandleMeasureExperience(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureExperienceRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_H_
