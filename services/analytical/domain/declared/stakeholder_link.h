// The rules of stakeholder links.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STAKEHOLDER_LINK_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STAKEHOLDER_LINK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses a link of a party to itself with INVALID_ARGUMENT, and any change of
// a revoked one with FAILED_PRECONDITION (LINK_REVOKED).
absl::Status PrepareStakeholderLink(const v1::StakeholderLink* before,
                                    v1::StakeholderLink& after,
                                    const RuleContext& context);

// Makes the link nobody's to read by, and says why.
void Revoke(absl::string_view reason, v1::StakeholderLink& link);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STAKEHOLDER_LINK_H_
