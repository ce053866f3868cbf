// The method that sorts activities by the stages of customer management.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_MANAGEMENT_ACTIVITIES_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_MANAGEMENT_ACTIVITIES_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/measured_views.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Serves the method of its request. A page comes of 2000 activities at most, so
// that one of a rare stage may be short. Returns the errors of a page token, of
// VisitJourneys() and of the warehouse.
absl::StatusOr<v1::ReadManagementActivitiesResponse>
HandleReadManagementActivities(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ReadManagementActivitiesRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_MANAGEMENT_ACTIVITIES_H_
