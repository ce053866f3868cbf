// What the contact points of two identities say of their being one. Pure.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_POINT_EVIDENCE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_POINT_EVIDENCE_H_

#include <span>
#include <vector>

#include "services/operational/domain/identity/resolve_identity.h"

namespace crm::operational {

// Returns the best evidence of each type of contact point that agrees, and each
// verified id that contradicts. Points that differ otherwise say nothing:
// people have several.
std::vector<Evidence> ComparePoints(std::span<const KnownPoint> asked,
                                    std::span<const KnownPoint> known);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_POINT_EVIDENCE_H_
