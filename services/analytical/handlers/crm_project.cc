#include "services/analytical/handlers/crm_project.h"

#include "services/analytical/domain/frameworks/crm_project.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<v1::CrmProject> HandleStopCrmProject(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::StopCrmProjectRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::CrmProject project,
                       transaction.Move<v1::CrmProject>(request));
  project.set_stop_reason(request.reason());
  transaction.Update(project);
  return project;
}

absl::StatusOr<v1::ComputeCriticalPathResponse> HandleComputeCriticalPath(
    const ReadView& view, const CallContext& /*call*/,
    const v1::ComputeCriticalPathRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::CrmProject project,
                       view.Get<v1::CrmProject>(request.name()));
  return CriticalPathOf(project);
}

}  // namespace crm::analytical
