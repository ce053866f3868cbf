// Serves CustomerService.ResolveIdentity over the rules of domain/identity.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_IDENTITY_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_IDENTITY_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/resolve_identity.pb.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

absl::StatusOr<v1::ResolveIdentityResponse> HandleResolveIdentity(
    const ReadView& view, const CallContext& call,
    const v1::ResolveIdentityRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_IDENTITY_H_
