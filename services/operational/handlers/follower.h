// What followers are told of.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/follower.pb.h"
#include "shared/query/page_token.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Serves the method of its request, from the audit entries: they are there as
// soon as a change is, and stay.
absl::StatusOr<v1::ListFollowedChangesResponse> HandleListFollowedChanges(
    const PageTokenCodec& tokens, const ReadView& view, const CallContext& call,
    const v1::ListFollowedChangesRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_H_
