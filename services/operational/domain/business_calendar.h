// The rules of business calendars: when a business is open, and when so much of
// that time has passed.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_BUSINESS_CALENDAR_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_BUSINESS_CALENDAR_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "services/operational/domain/free_busy.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// How far AddBusinessTime() looks.
inline constexpr int kMaxCalendarYears = 50;

// Checks a calendar. Returns INVALID_ARGUMENT with the violations of the zone
// and of all days: each stands once, and its intervals are in their order and
// do not overlap.
absl::Status PrepareBusinessCalendar(const v1::BusinessCalendar* before,
                                     v1::BusinessCalendar& after,
                                     const RuleContext& context);

// Returns the instant at which the business has been open for `duration` since
// `start`; `start` itself for none. Hours are those that clocks show: on a day
// on which they are moved, an interval across that is longer or shorter.
// Returns FAILED_PRECONDITION (CALENDAR_TOO_SPARSE) if that takes more than
// kMaxCalendarYears.
absl::StatusOr<absl::Time> AddBusinessTime(const v1::BusinessCalendar& calendar,
                                           absl::Time start,
                                           absl::Duration duration);

// Returns the instant on the `days`-th day after that of `start` on which the
// business opens, at the same time of the day; `start` itself for none. Returns
// FAILED_PRECONDITION (CALENDAR_TOO_SPARSE) as AddBusinessTime does.
absl::StatusOr<absl::Time> AddBusinessDays(const v1::BusinessCalendar& calendar,
                                           absl::Time start, int days);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_BUSINESS_CALENDAR_H_
