// The rules of one run of a customer through the lifecycle: how it begins, what
// its first contact says of it, and where it may go.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEY_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Begins a new run: it is VIRGIN from now on. Changes nothing of an old one.
absl::Status PrepareLifecycleJourney(const v1::LifecycleJourney* before,
                                     v1::LifecycleJourney& after,
                                     const RuleContext& context);

// Returns the number of the run that follows `earlier`, in any order.
int64_t NextRun(const std::vector<v1::LifecycleJourney>& earlier);

// What the runs before one say of it.
struct EntryClass {
  v1::Lifecycle::EntryKind kind = v1::Lifecycle::NEW_PROSPECT;
  // The run that decided, and how it ended; unset if none did.
  std::string decisive_journey = {};
  v1::Lifecycle::Outcome decisive_outcome = v1::Lifecycle::OUTCOME_UNSPECIFIED;
};

// Classifies the entry of run number `run` by those before it. The newest of
// them that ended CHURNED or COMPLETED_LOYAL decides: SWITCH_BACK or WIN_BACK.
// Runs that were withdrawn, or whose customer was merged or erased, say nothing
// of how the customer felt.
EntryClass ClassifyEntry(const std::vector<v1::LifecycleJourney>& journeys,
                         int64_t run);

// A step that is asked for.
struct LifecycleMove {
  v1::Lifecycle::Stage to = v1::Lifecycle::STAGE_UNSPECIFIED;
  // How the run ends, if it does.
  v1::Lifecycle::Outcome outcome = v1::Lifecycle::OUTCOME_UNSPECIFIED;
  // The first contact, if it is one and is known.
  std::string first_contact_activity = {};
  absl::Time time = absl::UnixEpoch();
};

// Takes a step; the only way in which the stage of a run changes. `journeys`
// are the runs of the customer.
//
// Returns INVALID_ARGUMENT if `to` is no stage; FAILED_PRECONDITION
// (ILLEGAL_STAGE) if no legal edge leads there, with `stage`, `entry_kind` and
// `next` in its metadata; INVALID_ARGUMENT for a step to TERMINATED without an
// outcome, or another one with one. `journey` is then as it was.
absl::Status MoveJourney(const std::vector<v1::LifecycleJourney>& journeys,
                         const LifecycleMove& move,
                         v1::LifecycleJourney& journey);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEY_H_
