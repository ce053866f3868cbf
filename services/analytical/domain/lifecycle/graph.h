// The lifecycle as a graph of its stages, in a row or on a ring: a choice of
// drawing, while the runs and the edges stay the same. The ring has one edge
// more, from the end of a run to the next run.
//
//   LINEAR   VIRGIN > ACTIVATED > UNSTABLE > LATENT > TERMINATED   (RING)
//            ACTIVATED > LATENT, ACTIVATED > TERMINATED            (CHORD)
//   CYCLIC   the same, and TERMINATED > VIRGIN                     (CLOSING)
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/lifecycle_vocabulary.pb.h"
#include "services/analytical/domain/lifecycle/stages.h"

namespace crm::analytical {

// What people call the stages, in their order. Names have no say in any rule.
using StageNames = std::array<std::string, kLifecycleStages.size()>;
StageNames DefaultStageNames();

// Returns the names of a vocabulary, the defaults for those it leaves out.
StageNames NamesOf(const v1::LifecycleVocabulary& vocabulary);

// Counts the runs that are added one by one. Thread-compatible.
class LifecycleGraphCounter {
 public:
  // A stage that a run is in lasts until `now`.
  explicit LifecycleGraphCounter(absl::Time now) : now_(now) {}

  void Add(const v1::LifecycleJourney& journey);

  // Returns the graph, without its drawing.
  v1::LifecycleGraph Result(v1::Lifecycle::Layout layout,
                            const StageNames& names) const;

 private:
  struct NodeCounts {
    int64_t now_in = 0;
    int64_t visits = 0;
    absl::Duration dwell;
  };
  using StagePair = std::pair<v1::Lifecycle::Stage, v1::Lifecycle::Stage>;

  const absl::Time now_;
  int64_t journeys_ = 0;
  // Runs that followed another one of their customer.
  int64_t closings_ = 0;
  std::array<NodeCounts, kLifecycleStages.size()> nodes_ = {};
  std::map<StagePair, int64_t> taken_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_GRAPH_H_
