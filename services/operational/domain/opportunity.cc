#include "services/operational/domain/opportunity.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/pipeline.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

constexpr int64_t kWhole = 1'000'000;

absl::Status Refused(const v1::Opportunity& opportunity, const char* rule,
                     absl::string_view what) {
  return FailedPrecondition(
      rule, absl::StrCat("Opportunity '", opportunity.name(), "' ", what),
      opportunity.name());
}

void CheckAmounts(const v1::Opportunity& opportunity,
                  std::vector<FieldViolation>& violations) {
  if (ToNanos(opportunity.amount()) < 0) {
    violations.push_back({"opportunity.amount", "must not be negative."});
  }
  if (!opportunity.has_recurring_amount()) return;
  if (ToNanos(opportunity.recurring_amount()) < 0) {
    violations.push_back(
        {"opportunity.recurring_amount", "must not be negative."});
  }
  if (opportunity.has_amount() &&
      opportunity.recurring_amount().currency_code() !=
          opportunity.amount().currency_code()) {
    violations.push_back({"opportunity.recurring_amount.currency_code",
                          "must be the currency of the amount."});
  }
}

void CheckSplits(const v1::Opportunity& opportunity,
                 std::vector<FieldViolation>& violations) {
  if (opportunity.splits().empty()) return;
  std::set<std::string> users;
  int64_t sum = 0;
  for (int i = 0; i < opportunity.splits_size(); ++i) {
    const v1::OpportunitySplit& split = opportunity.splits(i);
    sum += split.share_millionths();
    if (!users.insert(split.user()).second) {
      violations.push_back({absl::StrCat("opportunity.splits[", i, "].user"),
                            "repeats the user of another split."});
    }
  }
  if (sum != kWhole) {
    violations.push_back(
        {"opportunity.splits",
         absl::StrCat("must add up to 1000000 millionths, not ", sum, ".")});
  }
}

// Ends the stay in the present stage and begins one in `stage`.
absl::Status Enter(const v1::PipelineStage& stage, v1::Opportunity& opportunity,
                   const RuleContext& context) {
  if (opportunity.stage_history_size() >= kMaxStageStays) {
    return Refused(opportunity, "STAGE_HISTORY_FULL",
                   absl::StrCat("has been in ", kMaxStageStays,
                                " stages, which is the most."));
  }
  const auto now = ToTimestamp(context.now);
  if (!opportunity.stage_history().empty()) {
    *opportunity.mutable_stage_history()->rbegin()->mutable_leave_time() = now;
  }
  v1::StageStay& stay = *opportunity.add_stage_history();
  stay.set_stage(stage.stage_id());
  *stay.mutable_enter_time() = now;
  stay.set_mover(context.actor);
  stay.set_reason(opportunity.stage_reason());
  if (opportunity.approved_stage() == stage.stage_id()) {
    stay.set_approver(opportunity.stage_approver());
  }
  opportunity.clear_approved_stage();
  opportunity.clear_stage_approver();
  opportunity.set_stage(stage.stage_id());
  opportunity.set_probability_millionths(stage.probability_millionths());
  return absl::OkStatus();
}

absl::Status CheckEntry(const v1::PipelineStage& stage,
                        const v1::Opportunity& opportunity) {
  const std::vector<std::string> missing = MissingFields(stage, opportunity);
  if (!missing.empty()) {
    return Refused(
        opportunity, "STAGE_FIELDS_MISSING",
        absl::StrCat("lacks what '", stage.stage_id(),
                     "' requires: ", absl::StrJoin(missing, ", "), "."));
  }
  if (stage.needs_approval() &&
      opportunity.approved_stage() != stage.stage_id()) {
    return Refused(opportunity, "STAGE_NOT_APPROVED",
                   absl::StrCat("has no approval for '", stage.stage_id(),
                                "': call ApproveOpportunityStage first."));
  }
  return absl::OkStatus();
}

// Returns the open stage that `opportunity` was in last, or the first one.
const v1::PipelineStage* LastOpenStage(const v1::Pipeline& pipeline,
                                       const v1::Opportunity& opportunity) {
  const auto& history = opportunity.stage_history();
  for (auto stay = history.rbegin(); stay != history.rend(); ++stay) {
    const v1::PipelineStage* stage = FindStage(pipeline, stay->stage());
    if (stage != nullptr && stage->outcome() == v1::PipelineStage::OPEN) {
      return stage;
    }
  }
  return FirstStage(pipeline, v1::PipelineStage::OPEN);
}

absl::Status Begin(v1::Opportunity& opportunity, const RuleContext& context) {
  if (opportunity.pipeline().empty()) {
    const auto* usual = context.Find<v1::Pipeline>(kDefaultPipeline);
    if (usual == nullptr || usual->state() != v1::Pipeline::ACTIVE) {
      return absl::OkStatus();
    }
    opportunity.set_pipeline(usual->name());
  }
  const auto* pipeline = context.Find<v1::Pipeline>(opportunity.pipeline());
  // That it exists is checked with all references.
  if (pipeline == nullptr) return absl::OkStatus();
  if (pipeline->state() != v1::Pipeline::ACTIVE) {
    return Refused(
        opportunity, "PIPELINE_NOT_ACTIVE",
        absl::StrCat("cannot begin in '", pipeline->name(), "', which is ",
                     v1::Pipeline::State_Name(pipeline->state()), "."));
  }
  return Enter(*FirstStage(*pipeline, v1::PipelineStage::OPEN), opportunity,
               context);
}

absl::Status End(const v1::Pipeline& pipeline, v1::Opportunity& opportunity,
                 const RuleContext& context) {
  const bool won = opportunity.state() == v1::Opportunity::WON;
  const v1::PipelineStage& stage = *FirstStage(
      pipeline, won ? v1::PipelineStage::WON : v1::PipelineStage::LOST);
  if (won) CRM_RETURN_IF_ERROR(CheckEntry(stage, opportunity));
  return Enter(stage, opportunity, context);
}

absl::Status Move(const v1::Pipeline& pipeline, const v1::Opportunity& before,
                  v1::Opportunity& after, const RuleContext& context) {
  CRM_RETURN_IF_ERROR(CheckMove(pipeline, before.stage(), after.stage()));
  const v1::PipelineStage& stage = *FindStage(pipeline, after.stage());
  CRM_RETURN_IF_ERROR(CheckEntry(stage, after));
  return Enter(stage, after, context);
}

absl::Status Approve(const v1::Pipeline& pipeline, v1::Opportunity& opportunity,
                     const RuleContext& context) {
  const v1::PipelineStage* stage =
      FindStage(pipeline, opportunity.approved_stage());
  if (stage == nullptr || !stage->needs_approval()) {
    return Refused(opportunity, "STAGE_NEEDS_NO_APPROVAL",
                   absl::StrCat("goes by '", pipeline.name(), "', where '",
                                opportunity.approved_stage(),
                                "' is no stage that needs approval."));
  }
  if (context.actor == opportunity.owner()) {
    return Refused(opportunity, "OWN_APPROVAL",
                   "is the caller's own; somebody else must approve.");
  }
  opportunity.set_stage_approver(context.actor);
  return absl::OkStatus();
}

absl::Status StepStage(const v1::Opportunity& before, v1::Opportunity& after,
                       const RuleContext& context) {
  const bool moved = after.stage() != before.stage();
  const bool approved = after.approved_stage() != before.approved_stage();
  const bool turned = after.state() != before.state();
  if (turned && after.state() == v1::Opportunity::OPEN) {
    after.set_reopen_count(before.reopen_count() + 1);
    after.clear_close_time();
    after.clear_lost_reason();
  }
  if (!moved && !approved && !turned) {
    after.set_stage_reason(before.stage_reason());
    return absl::OkStatus();
  }
  const auto* pipeline = context.Find<v1::Pipeline>(after.pipeline());
  if (pipeline == nullptr) {
    if (turned) return absl::OkStatus();
    return Refused(after, "NO_PIPELINE", "goes through no pipeline.");
  }
  if (moved) return Move(*pipeline, before, after, context);
  if (approved) return Approve(*pipeline, after, context);
  if (after.state() != v1::Opportunity::OPEN) {
    return End(*pipeline, after, context);
  }
  return Enter(*LastOpenStage(*pipeline, after), after, context);
}

}  // namespace

absl::Status PrepareOpportunity(const v1::Opportunity* before,
                                v1::Opportunity& after,
                                const RuleContext& context) {
  std::vector<FieldViolation> violations;
  CheckAmounts(after, violations);
  CheckSplits(after, violations);
  if (!violations.empty()) return BadRequest(violations);
  return before == nullptr ? Begin(after, context)
                           : StepStage(*before, after, context);
}

absl::Status CloseOn(const google::type::Date* day, absl::Time now,
                     v1::Opportunity& opportunity) {
  const absl::CivilDay today = DayOf(now);
  const absl::CivilDay closed = day == nullptr ? today : ToDay(*day);
  if (closed > today + 1) {
    return BadField("close_date", "must not lie in the future.");
  }
  *opportunity.mutable_close_date() = FromDay(closed);
  return absl::OkStatus();
}

}  // namespace crm::operational
