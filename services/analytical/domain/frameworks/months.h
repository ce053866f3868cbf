// Calendar months in UTC, which series and cohorts go by.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MONTHS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MONTHS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace crm::analytical {

// From `start` on, and before `end`.
struct Month {
  // Counted from 1970-01, which is 0.
  int64_t number = 0;
  absl::Time start;
  absl::Time end;
};

// Returns the month of that number.
Month MonthOf(int64_t number);

// Returns the number of the month that `time` is in.
int64_t MonthNumber(absl::Time time);

// Returns the whole months from `start` to `end`, the last `most` of them.
std::vector<Month> WholeMonths(absl::Time start, absl::Time end, size_t most);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MONTHS_H_
