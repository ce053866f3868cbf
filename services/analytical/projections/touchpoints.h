// Where customers and the business met, as far as the warehouse tells:
// confirmed orders, calls, meetings and visits that took place, and answers to
// surveys.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_TOUCHPOINTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_TOUCHPOINTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/analytical/domain/lifecycle/experience.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Which touchpoints are asked for.
struct TouchpointQuestion {
  std::string tenant;
  // Of this customer alone; of all if it is empty.
  std::string customer = {};
  // From this instant on, and before that one.
  absl::Time start;
  absl::Time end;
  // The most to read.
  int64_t most = 0;
};

// Calls `visit` with each touchpoint: orders by customer and name, then the
// others likewise. Returns RESOURCE_EXHAUSTED (TOO_MANY_ROWS) for more than
// `most`, and the errors of a statement.
absl::Status VisitTouchpoints(
    SqlReader& reader, const TouchpointQuestion& question,
    absl::FunctionRef<void(const TouchpointFact&)> visit);

// The last time that somebody met a customer.
struct LastMeeting {
  std::string activity;
  absl::Time time;
};

// Returns the last call, meeting or visit that took place up to `as_of` of each
// customer whose name is from `first` to `last`; nothing of those without any.
// Returns the errors of a statement.
absl::StatusOr<std::map<std::string, LastMeeting>> ReadLastMeetings(
    SqlReader& reader, const std::string& tenant, const std::string& first,
    const std::string& last, absl::Time as_of);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_TOUCHPOINTS_H_
