#include "services/analytical/domain/declared/interaction_plan.h"

#include "shared/base/errors.h"

namespace crm::analytical {

using operational::v1::Activity;

absl::Status PrepareInteractionPlan(const v1::InteractionPlan* /*before*/,
                                    v1::InteractionPlan& after,
                                    const RuleContext& /*context*/) {
  switch (after.activity_kind()) {
    case Activity::CALL:
    case Activity::MEETING:
    case Activity::VISIT:
      return absl::OkStatus();
    default:
      return BadField("interaction_plan.activity_kind",
                      "must be CALL, MEETING or VISIT.");
  }
}

absl::Time DueTime(const v1::InteractionPlan& plan, absl::Time since) {
  return since + absl::Hours(24) * plan.cadence_days();
}

}  // namespace crm::analytical
