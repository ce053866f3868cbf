#include "services/analytical/domain/lifecycle/lifecycle_slice.h"

namespace crm::analytical {

using v1::LifecycleJourney;

profile::v1::LifecycleSlice SumUpLifecycle(
    const std::vector<LifecycleJourney>& journeys) {
  const LifecycleJourney* newest = nullptr;
  const LifecycleJourney* ended = nullptr;
  for (const LifecycleJourney& journey : journeys) {
    if (newest == nullptr || journey.run() > newest->run()) newest = &journey;
    if (journey.outcome() != v1::Lifecycle::OUTCOME_UNSPECIFIED &&
        (ended == nullptr || journey.run() > ended->run())) {
      ended = &journey;
    }
  }
  profile::v1::LifecycleSlice slice;
  if (newest == nullptr) return slice;
  slice.set_journey(newest->name());
  slice.set_run(newest->run());
  slice.set_stage(newest->stage());
  slice.set_entry_kind(newest->entry_kind());
  if (!newest->stage_history().empty()) {
    *slice.mutable_enter_time() =
        newest->stage_history().rbegin()->enter_time();
  }
  if (ended != nullptr) slice.set_last_outcome(ended->outcome());
  return slice;
}

}  // namespace crm::analytical
