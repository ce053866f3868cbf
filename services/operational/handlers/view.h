// ViewService.RunView.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_VIEW_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_VIEW_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/view.pb.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"

namespace crm::operational {

// Serves the method of its request: has the kernel serve the list that the view
// describes, as if the caller had asked for it himself.
absl::StatusOr<v1::RunViewResponse> HandleRunView(
    const Kernel& kernel, const CallContext& call,
    const v1::RunViewRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_VIEW_H_
