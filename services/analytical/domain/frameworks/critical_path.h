// The critical path method (Kelley and Walker, 1959): when each piece of a
// project can begin and must end, and which the end of the whole depends on.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRITICAL_PATH_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRITICAL_PATH_H_

#include <cstdint>
#include <variant>
#include <vector>

namespace crm::analytical {

// A piece of work.
struct PlannedWork {
  // In any unit; not negative.
  int32_t duration = 0;
  // The indexes of the pieces that it waits for.
  std::vector<int> after;
};

// In the unit of the durations, from the start of the project; finishes are the
// first moments after the work.
struct WorkTimes {
  int32_t earliest_start = 0;
  int32_t earliest_finish = 0;
  int32_t latest_start = 0;
  int32_t latest_finish = 0;

  int32_t slack() const { return latest_start - earliest_start; }
};

struct ProjectTimes {
  // By piece of work.
  std::vector<WorkTimes> times;
  int32_t duration = 0;
  // Pieces without slack that follow each other from the start to the end: of
  // several such ways, the one whose pieces have the lowest indexes, the first
  // differing one deciding. Empty without any work.
  std::vector<int> critical_path;
};

// Pieces that wait for each other in a circle, each for the next one.
using Cycle = std::vector<int>;

// Returns the times of the work, or a cycle in it. Indexes in `after` must be
// those of pieces.
std::variant<ProjectTimes, Cycle> Plan(const std::vector<PlannedWork>& work);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_CRITICAL_PATH_H_
