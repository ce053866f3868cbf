// The rules of strategies: what an objective may be, and how it stands.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STRATEGY_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STRATEGY_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses objectives whose ids repeat, whose due date or target lies the wrong
// way from start or baseline, or whose metric says too little: INVALID_ARGUMENT
// with a violation for each.
absl::Status PrepareStrategy(const v1::Strategy* before, v1::Strategy& after,
                             const RuleContext& context);

// Returns the orders by which the objective is measured as of an instant: none
// after the due date.
MetricWindow WindowOf(const v1::Strategy::Objective& objective,
                      absl::Time as_of);

// Returns how the objective stands with `value` (nothing where there are no
// data) as of an instant, without the value itself.
//
// The way from baseline to target is straight: after a part of the time from
// the start of the first day to the end of the due one, the same part of the
// distance is due. An objective that is short of that is AT_RISK; the
// comparison is exact. MET and MISSED go by the target alone.
v1::ObjectiveStatus StandingOf(const v1::Strategy::Objective& objective,
                               std::optional<int64_t> value, absl::Time as_of);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_STRATEGY_H_
