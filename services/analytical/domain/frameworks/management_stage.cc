#include "services/analytical/domain/frameworks/management_stage.h"

#include "shared/base/clock.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;
using v1::ManagementActivity;

bool IsBy(const std::optional<absl::Time>& instant, absl::Time time) {
  return instant.has_value() && *instant <= time;
}

// Returns the run whose first contact is the newest by `time`, or null.
const CustomerRun* NewestRun(absl::Time time, const CustomerPast& past) {
  const CustomerRun* newest = nullptr;
  for (const CustomerRun& run : past.runs) {
    if (!IsBy(run.contact_time, time)) continue;
    if (newest == nullptr || *newest->contact_time < *run.contact_time ||
        (*newest->contact_time == *run.contact_time &&
         newest->journey < run.journey)) {
      newest = &run;
    }
  }
  return newest;
}

}  // namespace

CustomerRun RunOf(const v1::LifecycleJourney& journey) {
  CustomerRun run{.journey = journey.name(), .outcome = journey.outcome()};
  for (const v1::LifecycleStep& step : journey.stage_history()) {
    if (step.stage() == Lifecycle::ACTIVATED) {
      run.contact_time = FromTimestamp(step.enter_time());
    } else if (step.stage() == Lifecycle::TERMINATED) {
      run.end_time = FromTimestamp(step.enter_time());
    }
  }
  return run;
}

StagedActivity StageOf(absl::Time time, const CustomerPast& past) {
  const CustomerRun* run = NewestRun(time, past);
  if (run != nullptr && IsBy(run->end_time, time)) {
    if (run->outcome == Lifecycle::CHURNED) {
      return {ManagementActivity::WIN_BACK, run->journey};
    }
    if (run->outcome == Lifecycle::COMPLETED_LOYAL) {
      return {ManagementActivity::RETAIN, run->journey};
    }
  }
  if (IsBy(past.first_order_time, time)) return {ManagementActivity::RETAIN};
  if (IsBy(past.first_opportunity_time, time)) {
    return {ManagementActivity::ACQUIRE};
  }
  return {ManagementActivity::APPROACH};
}

}  // namespace crm::analytical
