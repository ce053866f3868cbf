// Who is busy when.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FREE_BUSY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FREE_BUSY_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/operational/v1/activity.pb.h"

namespace crm::operational {

// The longest time that can be asked about.
inline constexpr absl::Duration kMaxFreeBusyTime = absl::Hours(62 * 24);

// A time from `start` up to, and without, `end`.
struct TimeSpan {
  absl::Time start;
  absl::Time end;

  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

// Returns INVALID_ARGUMENT with all that is wrong with what is asked.
absl::Status CheckFreeBusyRequest(const v1::GetFreeBusyRequest& request);

// Whether an activity keeps those busy who take part: a meeting, call or visit
// with a start and an end that was not called off.
bool KeepsBusy(const v1::Activity& activity);

// Returns what `busy`, in any order, comes to within `window`: in order, with
// spans joined that overlap or touch. Empty spans keep nobody busy.
std::vector<TimeSpan> JoinSpans(std::vector<TimeSpan> busy,
                                const TimeSpan& window);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FREE_BUSY_H_
