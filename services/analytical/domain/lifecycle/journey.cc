#include "services/analytical/domain/lifecycle/journey.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;
using v1::LifecycleJourney;

std::string EntryKindText(const LifecycleJourney& journey) {
  return journey.entry_kind() == Lifecycle::ENTRY_KIND_UNSPECIFIED
             ? ""
             : Lifecycle::EntryKind_Name(journey.entry_kind());
}

absl::Status IllegalStage(const LifecycleJourney& journey,
                          Lifecycle::Stage to) {
  const std::vector<Lifecycle::Stage> stages =
      NextStages(journey.entry_kind(), journey.stage());
  const std::string next =
      absl::StrJoin(stages, ", ", [](std::string* out, Lifecycle::Stage stage) {
        absl::StrAppend(out, Lifecycle::Stage_Name(stage));
      });
  const std::string& stage = Lifecycle::Stage_Name(journey.stage());
  return FailedPrecondition(
      "ILLEGAL_STAGE",
      absl::StrCat("'", journey.name(), "' is ", stage, " and cannot become ",
                   Lifecycle::Stage_Name(to), "; ",
                   stages.empty() ? "it has ended. Begin a new run"
                                  : absl::StrCat("it can become ", next),
                   "."),
      journey.name(),
      {{"stage", stage},
       {"entry_kind", EntryKindText(journey)},
       {"next", next}});
}

absl::Status CheckOutcome(const LifecycleMove& move) {
  const bool ends = move.to == Lifecycle::TERMINATED;
  const bool has_outcome = move.outcome != Lifecycle::OUTCOME_UNSPECIFIED &&
                           Lifecycle::Outcome_IsValid(move.outcome);
  if (ends && !has_outcome) {
    return BadField("outcome", "must say how the run ends.");
  }
  if (!ends && move.outcome != Lifecycle::OUTCOME_UNSPECIFIED) {
    return BadField("outcome", "must be unset unless the run ends.");
  }
  return absl::OkStatus();
}

void Enter(Lifecycle::Stage stage, absl::Time time, LifecycleJourney& journey) {
  journey.set_stage(stage);
  v1::LifecycleStep& step = *journey.add_stage_history();
  step.set_stage(stage);
  *step.mutable_enter_time() = ToTimestamp(time);
}

}  // namespace

absl::Status PrepareLifecycleJourney(const LifecycleJourney* before,
                                     LifecycleJourney& after,
                                     const RuleContext& context) {
  if (before != nullptr) return absl::OkStatus();
  after.clear_entry_kind();
  after.clear_entry_evidence();
  after.clear_stage_history();
  after.clear_outcome();
  after.set_open_customer(after.customer());
  Enter(Lifecycle::VIRGIN, context.now, after);
  return absl::OkStatus();
}

int64_t NextRun(const std::vector<LifecycleJourney>& earlier) {
  int64_t last = 0;
  for (const LifecycleJourney& journey : earlier) {
    last = std::max(last, journey.run());
  }
  return last + 1;
}

EntryClass ClassifyEntry(const std::vector<LifecycleJourney>& journeys,
                         int64_t run) {
  const LifecycleJourney* decisive = nullptr;
  for (const LifecycleJourney& journey : journeys) {
    if (journey.run() >= run) continue;
    if (journey.outcome() != Lifecycle::CHURNED &&
        journey.outcome() != Lifecycle::COMPLETED_LOYAL) {
      continue;
    }
    if (decisive == nullptr || journey.run() > decisive->run()) {
      decisive = &journey;
    }
  }
  if (decisive == nullptr) return {};
  return {.kind = decisive->outcome() == Lifecycle::CHURNED
                      ? Lifecycle::SWITCH_BACK
                      : Lifecycle::WIN_BACK,
          .decisive_journey = decisive->name(),
          .decisive_outcome = decisive->outcome()};
}

absl::Status MoveJourney(const std::vector<LifecycleJourney>& journeys,
                         const LifecycleMove& move, LifecycleJourney& journey) {
  if (!absl::c_linear_search(kLifecycleStages, move.to)) {
    return BadField("to_stage", "must be one of the five stages.");
  }
  const bool activates = journey.stage() == Lifecycle::VIRGIN;
  const std::vector<Lifecycle::Stage> next =
      NextStages(journey.entry_kind(), journey.stage());
  if (!absl::c_linear_search(next, move.to)) {
    return IllegalStage(journey, move.to);
  }
  CRM_RETURN_IF_ERROR(CheckOutcome(move));
  if (activates) {
    const EntryClass entry = ClassifyEntry(journeys, journey.run());
    journey.set_entry_kind(entry.kind);
    v1::LifecycleEvidence& evidence = *journey.mutable_entry_evidence();
    evidence.set_first_contact_activity(move.first_contact_activity);
    evidence.set_decisive_journey(entry.decisive_journey);
    evidence.set_decisive_outcome(entry.decisive_outcome);
  }
  if (move.to == Lifecycle::TERMINATED) {
    journey.set_outcome(move.outcome);
    journey.clear_open_customer();
  }
  Enter(move.to, move.time, journey);
  return absl::OkStatus();
}

}  // namespace crm::analytical
