// The errors of calls that are not let in.

#ifndef CRM_SHARED_ADMISSION_REFUSALS_H_
#define CRM_SHARED_ADMISSION_REFUSALS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// The bounds of what RetryInfo says of a busy service.
inline constexpr absl::Duration kMinRetryAfter = absl::Milliseconds(50);
inline constexpr absl::Duration kMaxRetryAfter = absl::Seconds(2);

// Returns how long a refused caller is to stay away when `refused` calls were
// refused lately for `admitted` that were let in: longer the more there are,
// and different for the `nth` refusal and the next, so that they do not come
// back together.
absl::Duration RetryAfter(double refused, double admitted, uint32_t nth);

// Returns UNAVAILABLE with reason OVERLOADED and a RetryInfo.
absl::Status Overloaded(absl::Duration retry_after);

// Returns RESOURCE_EXHAUSTED with reason RATE_LIMITED, a QuotaFailure that
// names `principal` and the `group` of methods, and a RetryInfo.
absl::Status RateLimited(absl::string_view principal, absl::string_view group,
                         absl::Duration retry_after);

// Returns DEADLINE_EXCEEDED with reason DEADLINE_TOO_SHORT: the call would most
// likely not be answered in the time that is left.
absl::Status DeadlineTooShort();

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_REFUSALS_H_
