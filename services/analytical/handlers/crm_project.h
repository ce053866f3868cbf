// Custom methods of CRM projects.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CRM_PROJECT_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CRM_PROJECT_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "crm/analytical/v1/crm_project_transitions.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Stops a project, with the reason. Errors as Move().
absl::StatusOr<v1::CrmProject> HandleStopCrmProject(
    Transaction& transaction, const CallContext& call,
    const v1::StopCrmProjectRequest& request);

// Returns the schedule of a project. Errors as Get().
absl::StatusOr<v1::ComputeCriticalPathResponse> HandleComputeCriticalPath(
    const ReadView& view, const CallContext& call,
    const v1::ComputeCriticalPathRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CRM_PROJECT_H_
