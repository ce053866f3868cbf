// The rules of activities: when they are, when somebody is reminded of them,
// and how one follows another in a series.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ACTIVITY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ACTIVITY_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/operational/v1/activity.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The longest that an activity lasts.
inline constexpr absl::Duration kMaxActivityLength = absl::Hours(31 * 24);

// Completes and checks an activity: a rule makes it the first of a series, a
// reminder that is moved is still to come, and the users that it mentions have
// their subjects beside their names.
//
// Returns INVALID_ARGUMENT with all that is wrong with times, rule and zone,
// and FAILED_PRECONDITION (SERIES_MOVED_ON) if the rule of an occurrence
// changes that is done, called off, or has the next one made.
absl::Status PrepareActivity(const v1::Activity* before, v1::Activity& after,
                             const RuleContext& context);

// Returns when the owner is to be reminded; InfiniteFuture() if he is not.
absl::Time ReminderTime(const v1::Activity& activity);

// Returns when the next occurrence is to be made because this one has come;
// InfiniteFuture() if none is.
absl::Time PassingTime(const v1::Activity& activity);

// Returns the activity that comes after this one in its series, which has no
// name yet: the first occurrence that is later than this one's and than now, so
// that those that were missed are not made up for. Nothing for one that does
// not recur, or whose series has ended or goes on already.
std::optional<v1::Activity> NextInSeries(const v1::Activity& activity,
                                         absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ACTIVITY_H_
