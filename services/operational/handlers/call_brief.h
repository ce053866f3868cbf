// CustomerService.GetCallBrief.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/call_brief.pb.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Serves the method of its request. The brief is made of what the caller may
// read: other records are missing, and fields that are hidden from him count as
// empty.
absl::StatusOr<v1::CallBrief> HandleGetCallBrief(
    const ReadView& view, const CallContext& call,
    const v1::GetCallBriefRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_
