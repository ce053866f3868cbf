#include "services/analytical/domain/lifecycle/cycles.h"

#include "absl/algorithm/container.h"
#include "services/analytical/domain/lifecycle/durations.h"
#include "shared/base/clock.h"

namespace crm::analytical {
namespace {

using v1::LifecycleJourney;

absl::Time BeginOf(const LifecycleJourney& journey) {
  return FromTimestamp(journey.stage_history(0).enter_time());
}

absl::Time EndOf(const LifecycleJourney& journey) {
  return FromTimestamp(journey.stage_history().rbegin()->enter_time());
}

}  // namespace

v1::LifecycleCycles MeasureCycles(
    const std::vector<LifecycleJourney>& journeys) {
  std::vector<const LifecycleJourney*> ordered;
  for (const LifecycleJourney& journey : journeys) {
    if (!journey.stage_history().empty()) ordered.push_back(&journey);
  }
  absl::c_sort(ordered, [](const auto* a, const auto* b) {
    return a->run() < b->run();
  });

  v1::LifecycleCycles cycles;
  cycles.set_journey_count(static_cast<int64_t>(ordered.size()));
  absl::Duration total;
  for (size_t i = 1; i < ordered.size(); ++i) {
    const LifecycleJourney& run = *ordered[i - 1];
    const LifecycleJourney& next = *ordered[i];
    const absl::Duration length = BeginOf(next) - BeginOf(run);
    total += length;
    v1::LifecycleLoop& loop = *cycles.add_loops();
    loop.set_journey(run.name());
    loop.set_next_journey(next.name());
    *loop.mutable_loop() = ToProtoDuration(length);
    *loop.mutable_gap() = ToProtoDuration(BeginOf(next) - EndOf(run));
  }
  cycles.set_closing_count(cycles.loops_size());
  if (cycles.closing_count() > 0) {
    *cycles.mutable_mean_loop() =
        ToProtoDuration(total / cycles.closing_count());
  }
  return cycles;
}

}  // namespace crm::analytical
