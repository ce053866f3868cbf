// The rules of goals: what may be asked of whom, what counts towards it, and
// how far it is.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_GOAL_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_GOAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/goal.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "google/type/money.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Returns INVALID_ARGUMENT with all that is wrong: days that do not follow each
// other or lie 10 years apart, a time zone that there is not, and a target that
// is missing, not more than 0, or not of the kind that the metric counts.
absl::Status PrepareGoal(const v1::Goal* before, v1::Goal& after,
                         const RuleContext& context);

// Whether what is counted are amounts.
bool CountsAmounts(v1::Goal::Metric metric);

// What a row brings towards a goal: the day on which it counts, and the amount
// where amounts are counted.
struct Gain {
  absl::CivilDay day;
  google::type::Money amount;
};

// Returns what a row brings, whoever it is credited to; nothing if it does not
// count: because of its state, or since its day is not in the period. Requires
// a goal whose metric counts rows of the type.
std::optional<Gain> GainOf(const v1::Goal& goal,
                           const v1::Opportunity& opportunity);
std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Order& order);
std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Activity& activity);
std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Customer& customer);

// What all rows bring together, in nanos of the currency of the target.
struct Gained {
  absl::int128 nanos = 0;
  int64_t count = 0;
};

// Returns how far `goal` is at `now`. Returns OUT_OF_RANGE
// (AMOUNT_OUT_OF_RANGE) if the sum is more than an amount can hold.
absl::StatusOr<v1::GoalProgress> ProgressOf(const v1::Goal& goal,
                                            const Gained& gained,
                                            absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_GOAL_H_
