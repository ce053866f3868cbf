// Has automations act on the events of the service.
//
// The follower of the service's own events finds those that an event starts and
// sets a durable timer for each; the timer carries one out. All of a run is one
// transaction: its actions and the record of it, whose name follows from the
// automation and the event. So a run has its effect once, however often the
// event is seen and wherever the process ends. One that fails is tried again
// some times, ever later, and then is on record as failed; others do not wait
// for it.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_RUN_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_RUN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/kernel.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The kind of the timers.
inline constexpr char kAutomationTimer[] = "automation-run";

// How often a run is tried before it has failed.
inline constexpr int kMaxRunTries = 6;

// Sets the timers of the automations that `event` starts.
absl::Status StartAutomations(const Kernel& kernel, Transaction& transaction,
                              const internal::v1::Event& event);

// Carries out the run of a timer.
absl::StatusOr<TimerCommit> RunAutomation(const InnerCalls& calls,
                                          const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_RUN_H_
