// The custom methods of users, and who may give which role.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_USER_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_USER_H_

#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/operational/v1/user_transitions.pb.h"
#include "shared/reflect/rule_context.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

absl::StatusOr<v1::User> HandleRevokeUserSessions(
    Transaction& transaction, const CallContext& call,
    const v1::RevokeUserSessionsRequest& request);

// Refuses roles that do not exist (INVALID_ARGUMENT, all of them), and those
// that grant more than the caller holds (PERMISSION_DENIED,
// GRANT_EXCEEDS_HOLDING): nobody gives what he does not have, to a user or by a
// role.
absl::Status AuthorizeUser(const v1::User* before, const v1::User& after,
                           const CallContext& call, const RuleContext& context);

// Checks the grants and fields of a role (INVALID_ARGUMENT, all violations),
// that it takes no built-in name (ALREADY_EXISTS, ROLE_BUILT_IN), and that the
// caller holds all that it grants (PERMISSION_DENIED, GRANT_EXCEEDS_HOLDING).
absl::Status AuthorizeRole(const v1::Role* before, const v1::Role& after,
                           const CallContext& call, const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_USER_H_
