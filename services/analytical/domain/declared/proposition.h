// The rules of propositions: what may be promised, whether it was kept, and
// what serving cost.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PROPOSITION_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PROPOSITION_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "google/type/money.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses benefits whose ids repeat or whose metric says too little, and costs
// below nothing or in two currencies: INVALID_ARGUMENT with a violation for
// each.
absl::Status PrepareProposition(const v1::Proposition* before,
                                v1::Proposition& after,
                                const RuleContext& context);

// Returns what became of a promise.
v1::BenefitDelivery DeliveryOf(const v1::Proposition::Benefit& benefit,
                               const v1::MetricValue& value);

// Returns what `count` (nothing where it is not known) of `driver` cost, at
// `unit_cost` each (null where nobody said). Returns OUT_OF_RANGE
// (AMOUNT_OUT_OF_RANGE) if no Money holds it.
absl::StatusOr<v1::ServeCost> CostOf(v1::ServeCost::Driver driver,
                                     std::optional<int64_t> count,
                                     const google::type::Money* unit_cost);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PROPOSITION_H_
