// The budgets of automations in the store: how many runs each has begun of
// late, beside the resources and in the transactions that set their timers.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_BUDGET_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_BUDGET_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/automation.pb.h"
#include "shared/observe/metrics.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The kind of the timers that pause what has spent its budget. Their key is the
// automation.
inline constexpr char kAutomationOverrun[] = "automation-overrun";

SqlTable AutomationBudgetTable();

// Takes one run from the budget of an active automation. Returns when it may
// begin; nothing if the budget is spent: then a timer is set that pauses it.
absl::StatusOr<std::optional<absl::Time>> TakeRun(
    Transaction& transaction, const v1::Automation& automation);

// Returns what pauses the automation of a timer, and counts it as an alarm.
// `metrics` outlives it.
TimerBody PauseOverrunAutomation(MetricRegistry& metrics);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_BUDGET_H_
