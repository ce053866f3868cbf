#include "services/operational/domain/automation_budget.h"

#include <algorithm>

#include "shared/base/clock.h"

namespace crm::operational {
namespace {

bool IsOver(const RunWindow& window, const v1::Automation& automation,
            absl::Time now) {
  return window.start + kBudgetWindow <= now ||
         window.start < FromTimestamp(automation.activate_time());
}

}  // namespace

RunGrant GrantRun(const v1::Automation& automation,
                  const std::optional<RunWindow>& window, absl::Time now) {
  RunGrant grant;
  grant.window = window.has_value() && !IsOver(*window, automation, now)
                     ? *window
                     : RunWindow{.start = now};
  const int64_t limit = automation.max_runs_per_hour() > 0
                            ? automation.max_runs_per_hour()
                            : kDefaultRunsPerHour;
  if (grant.window.runs >= limit) return grant;
  ++grant.window.runs;
  const int64_t waits = std::max<int64_t>(0, grant.window.runs - kRunBurst);
  grant.time = std::max(now, grant.window.start + waits * kRunStep);
  return grant;
}

bool MayRun(const v1::Automation& automation) {
  return automation.state() == v1::Automation::ACTIVE ||
         (automation.state() == v1::Automation::PAUSED &&
          automation.pause_reason() == v1::Automation::OVER_BUDGET);
}

bool PauseOverBudget(v1::Automation& automation, absl::Time now) {
  if (automation.state() != v1::Automation::ACTIVE) return false;
  automation.set_state(v1::Automation::PAUSED);
  automation.set_pause_reason(v1::Automation::OVER_BUDGET);
  *automation.mutable_pause_time() = ToTimestamp(now);
  return true;
}

}  // namespace crm::operational
