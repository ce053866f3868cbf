// Custom methods of stakeholder links.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_STAKEHOLDER_LINK_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_STAKEHOLDER_LINK_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "crm/analytical/v1/stakeholder_link_transitions.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Ends a link. Errors as Move().
absl::StatusOr<v1::StakeholderLink> HandleRevokeStakeholderLink(
    Transaction& transaction, const CallContext& call,
    const v1::RevokeStakeholderLinkRequest& request);

// Walks the network around a party, breadth first, over the links that the
// caller may read. Beside the errors of Select(): PERMISSION_DENIED
// (FIELD_HIDDEN) if he may not see what the network tells.
absl::StatusOr<v1::GetNetworkResponse> HandleGetNetwork(
    const ReadView& view, const CallContext& call,
    const v1::GetNetworkRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_STAKEHOLDER_LINK_H_
