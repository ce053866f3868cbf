// How often an automation may run, so that one that answers to a mass of events
// leaves room for everything else.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_BUDGET_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_BUDGET_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "crm/operational/v1/automation.pb.h"

namespace crm::operational {

// What an automation that names no limit may do in kBudgetWindow.
inline constexpr int64_t kDefaultRunsPerHour = 10'000;
inline constexpr absl::Duration kBudgetWindow = absl::Hours(1);
// So many runs of a window begin at once; those after them follow each other in
// steps.
inline constexpr int64_t kRunBurst = 100;
inline constexpr absl::Duration kRunStep = absl::Milliseconds(10);

// The runs since a time.
struct RunWindow {
  absl::Time start;
  int64_t runs = 0;
};

// What comes of one more run.
struct RunGrant {
  // When it begins; nothing if the budget is spent.
  std::optional<absl::Time> time;
  // The window with it.
  RunWindow window;
};

// Grants a run of `automation`, of which `window` is known, if anything. A
// window ends after kBudgetWindow, and when the automation is activated again.
RunGrant GrantRun(const v1::Automation& automation,
                  const std::optional<RunWindow>& window, absl::Time now);

// Whether a run that was granted may still act: the automation is active, or
// was paused for what came after the run.
bool MayRun(const v1::Automation& automation);

// Makes of an active automation one that is paused as its budget is spent.
// Returns false for one that is not active.
bool PauseOverBudget(v1::Automation& automation, absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_BUDGET_H_
