// Days of the calendar, as dates of messages and as numbers to reckon with.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_CALENDAR_DAY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_CALENDAR_DAY_H_

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"

namespace crm::operational {

// Converts between a whole date, which the kernel has checked, and a day.
absl::CivilDay ToDay(const google::type::Date& date);
google::type::Date FromDay(absl::CivilDay day);

// Returns the day of `time` in UTC.
absl::CivilDay DayOf(absl::Time time);

// Returns the day as text that sorts by time: `2026-01-31`.
std::string FormatDay(absl::CivilDay day);

// Returns the day of the month that is `months` later; its last one where that
// month is shorter.
absl::CivilDay AddMonths(absl::CivilDay day, int months);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CALENDAR_DAY_H_
