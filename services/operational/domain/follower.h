// The rules of following resources.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_H_

#include "absl/status/status.h"
#include "crm/operational/v1/follower.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Gives a follower the key by which the database lets each subject follow a
// resource once.
absl::Status PrepareFollower(const v1::Follower* before, v1::Follower& after,
                             const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_H_
