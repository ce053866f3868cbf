// The lifecycle as a funnel: what was in each stage, what came and went, and
// how many took each edge, in a period.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_FUNNEL_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_FUNNEL_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "services/analytical/domain/lifecycle/stages.h"

namespace crm::analytical {

// Counts the runs that are added one by one. A step counts if it was taken from
// `start` on and before `end`; a run is in a stage at an instant if it came to
// it before that and has not left it. Thread-compatible.
class LifecycleFunnelCounter {
 public:
  LifecycleFunnelCounter(absl::Time start, absl::Time end)
      : start_(start), end_(end) {}

  void Add(const v1::LifecycleJourney& journey);

  // Returns what was counted. `start_time` is unset for the infinite past.
  v1::LifecycleFunnel Result() const;

 private:
  struct StageCounts {
    int64_t at_start = 0;
    int64_t inflow = 0;
    int64_t outflow = 0;
    int64_t at_end = 0;
    absl::Duration dwell;
  };
  struct EdgeCounts {
    int64_t taken = 0;
    int64_t reached = 0;
  };

  void CountStock(const v1::LifecycleJourney& journey, absl::Time instant,
                  int64_t StageCounts::*count);

  const absl::Time start_;
  const absl::Time end_;
  std::array<StageCounts, kLifecycleStages.size()> stages_ = {};
  std::array<EdgeCounts, kLegalEdges.size()> edges_ = {};
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_FUNNEL_H_
