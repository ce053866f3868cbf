// CustomerService.GetCallBrief.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_

#include <optional>

#include "absl/status/statusor.h"
#include "crm/operational/v1/call_brief.pb.h"
#include "crm/profile/v1/slice.pb.h"
#include "shared/profile/peer_slices.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Returns the scores of the customer as the caller may have them. Whether he
// may read the customer is not asked: nobody is shown them but by the next.
std::optional<profile::v1::Slice> ReadScores(
    PeerSlices& peers, const CallContext& call,
    const v1::GetCallBriefRequest& request);

// Serves the method of its request. The brief is made of what the caller may
// read: other records are missing, and fields that are hidden from him count as
// empty.
absl::StatusOr<v1::CallBrief> HandleGetCallBrief(
    const std::optional<profile::v1::Slice>& scores, const ReadView& view,
    const CallContext& call, const v1::GetCallBriefRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CALL_BRIEF_H_
