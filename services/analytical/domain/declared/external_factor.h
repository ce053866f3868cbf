// The rules of external factors, and the graph of what they bear on.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_EXTERNAL_FACTOR_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_EXTERNAL_FACTOR_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses factors that concern nobody, end before they are observed, or bear on
// something twice or on no part of the model: INVALID_ARGUMENT with a violation
// for each.
absl::Status PrepareExternalFactor(const v1::ExternalFactor* before,
                                   v1::ExternalFactor& after,
                                   const RuleContext& context);

// Whether the factor is there on the day (UTC) that holds `instant`.
bool IsInForce(const v1::ExternalFactor& factor, absl::Time instant);

// Whether the factor concerns the subject and the segment; an empty one asks
// for nothing.
bool Concerns(const v1::ExternalFactor& factor,
              const v1::ComputeFactorGraphRequest& request);

// Returns the graph of `factors`, in their order. Each leads to the experience
// and to the planning, whether or not a strength is declared.
v1::ComputeFactorGraphResponse GraphOf(
    const std::vector<v1::ExternalFactor>& factors);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_EXTERNAL_FACTOR_H_
