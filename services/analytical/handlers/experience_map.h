// The experience map of customers, over the runs in the store and the
// touchpoints in the warehouse.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_MAP_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_MAP_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/lifecycle_experience.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Serves LifecycleJourneyService.GetExperienceMap. Besides the errors that the
// method names, those of VisitJourneys().
absl::StatusOr<v1::ExperienceMap> HandleGetExperienceMap(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::GetExperienceMapRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_EXPERIENCE_MAP_H_
