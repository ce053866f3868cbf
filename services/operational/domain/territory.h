// The rules of territories, and which one a lead belongs to.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_TERRITORY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_TERRITORY_H_

#include <vector>

#include "absl/status/status.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most territories that lie above one.
inline constexpr int kMaxTerritoryDepth = 10;

// Checks a territory. Returns FAILED_PRECONDITION if it would lie under itself
// (TERRITORY_CIRCLE) or too deep (TERRITORY_TOO_DEEP), and INVALID_ARGUMENT if
// its filter does not fit leads.
absl::Status PrepareTerritory(const v1::Territory* before, v1::Territory& after,
                              const RuleContext& context);

// Returns which of `siblings`, the parts of one territory or those that are
// part of none, `lead` belongs to: of those whose filter it matches the one of
// the lowest rank, the first by name among equals; null if it belongs to none.
const v1::Territory* TerritoryAmong(const std::vector<v1::Territory>& siblings,
                                    const v1::Lead& lead,
                                    const FindCustomField& fields);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_TERRITORY_H_
