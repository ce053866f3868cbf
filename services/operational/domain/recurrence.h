// Recurrence rules (RFC 5545, section 3.3.10), reckoned in the days and hours
// of a time zone: a meeting at nine stays at nine when the clocks are changed.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_RECURRENCE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_RECURRENCE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm::operational {

// The greatest COUNT and INTERVAL of a rule.
inline constexpr int kMaxRecurrenceCount = 1000;
inline constexpr int kMaxRecurrenceInterval = 1000;
// A series of occurrences, which starts with the one at `start`.
struct RecurrenceSeries {
  // As `FREQ=WEEKLY;BYDAY=MO`.
  std::string rule;
  absl::TimeZone zone;
  absl::Time start;
};

// Returns what is wrong with `rule`, as the rest of a sentence that begins with
// the name of the field; empty for one that is fine. Rules are DAILY, WEEKLY,
// MONTHLY or YEARLY and have no part that is finer than a day.
std::string ProblemOfRule(absl::string_view rule);

// Returns whether the start of a series is an occurrence of its rule. Found out
// soon for any rule.
bool StartsWithOccurrence(const RecurrenceSeries& series);

// Returns the first occurrence of a series, which starts with one, after
// `after`; nothing if there is none, and for a rule that ProblemOfRule()
// complains about. An hour that is left out when clocks are set forward is
// taken by the offset before that, one that comes twice is the first.
std::optional<absl::Time> NextOccurrence(const RecurrenceSeries& series,
                                         absl::Time after);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_RECURRENCE_H_
