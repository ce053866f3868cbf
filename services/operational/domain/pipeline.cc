#include "services/operational/domain/pipeline.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/errors.h"
#include "shared/reflect/resource_schema.h"

namespace crm::operational {
namespace {

using ::google::protobuf::FieldDescriptor;

constexpr int32_t kCertain = 1'000'000;
constexpr absl::string_view kCustomPrefix = "custom_fields.";

// Whether both let opportunities go the same ways.
bool SameWays(const v1::Pipeline& a, const v1::Pipeline& b) {
  google::protobuf::util::MessageDifferencer differencer;
  std::vector<const FieldDescriptor*> fields;
  for (const int number : {v1::Pipeline::kStagesFieldNumber,
                           v1::Pipeline::kAllowsSkippingFieldNumber,
                           v1::Pipeline::kAllowsGoingBackFieldNumber}) {
    fields.push_back(v1::Pipeline::descriptor()->FindFieldByNumber(number));
  }
  return differencer.CompareWithFields(a, b, fields, fields);
}

bool IsWritableField(const std::string& path, const RuleContext& context) {
  absl::string_view key = path;
  if (absl::ConsumePrefix(&key, kCustomPrefix)) {
    return context.find_custom_field &&
           context.find_custom_field(*v1::Opportunity::descriptor(), key)
                   .member != nullptr;
  }
  const FieldDescriptor* field =
      v1::Opportunity::descriptor()->FindFieldByName(path);
  return field != nullptr && !field->is_map() && path != "name" &&
         !ResourceSchema::IsOutputOnly(field);
}

void CheckStage(const v1::PipelineStage& stage, const std::string& at,
                const RuleContext& context,
                std::vector<FieldViolation>& violations) {
  const int32_t probability = stage.probability_millionths();
  if ((stage.outcome() == v1::PipelineStage::WON && probability != kCertain) ||
      (stage.outcome() == v1::PipelineStage::LOST && probability != 0)) {
    violations.push_back(
        {absl::StrCat(at, ".probability_millionths"),
         "must be 1000000 in the stage that is won, and 0 in a lost one."});
  }
  for (int i = 0; i < stage.required_fields_size(); ++i) {
    if (IsWritableField(stage.required_fields(i), context)) continue;
    violations.push_back({absl::StrCat(at, ".required_fields[", i, "]"),
                          "is no field of an opportunity that can be set."});
  }
}

// The stages are open ones, then the one that is won, then the lost ones.
bool IsInOrder(const v1::Pipeline& pipeline) {
  std::vector<int> counts(v1::PipelineStage::Outcome_ARRAYSIZE, 0);
  int last = 0;
  for (const v1::PipelineStage& stage : pipeline.stages()) {
    if (stage.outcome() < last) return false;
    last = stage.outcome();
    ++counts[last];
  }
  return counts[v1::PipelineStage::OPEN] >= 1 &&
         counts[v1::PipelineStage::OPEN] <= kMaxOpenStages &&
         counts[v1::PipelineStage::WON] == 1 &&
         counts[v1::PipelineStage::LOST] >= 1;
}

int IndexOf(const v1::Pipeline& pipeline, absl::string_view stage_id) {
  for (int i = 0; i < pipeline.stages_size(); ++i) {
    if (pipeline.stages(i).stage_id() == stage_id) return i;
  }
  return -1;
}

bool IsSet(const v1::Opportunity& opportunity, const std::string& path) {
  absl::string_view key = path;
  if (absl::ConsumePrefix(&key, kCustomPrefix)) {
    return opportunity.custom_fields().contains(std::string(key));
  }
  const FieldDescriptor* field =
      v1::Opportunity::descriptor()->FindFieldByName(path);
  if (field == nullptr) return false;
  const auto* reflection = opportunity.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(opportunity, field) > 0
                              : reflection->HasField(opportunity, field);
}

}  // namespace

absl::Status PreparePipeline(const v1::Pipeline* before, v1::Pipeline& after,
                             const RuleContext& context) {
  if (after.revision() == 0) after.set_revision(1);
  if (before != nullptr && before->state() != v1::Pipeline::DRAFT) {
    if (SameWays(*before, after)) return absl::OkStatus();
    return FailedPrecondition(
        "PIPELINE_NOT_DRAFT",
        absl::StrCat("'", after.name(), "' is ",
                     v1::Pipeline::State_Name(before->state()),
                     "; its stages can change in DRAFT only. Revise it."),
        after.name());
  }
  std::vector<FieldViolation> violations;
  if (!IsInOrder(after)) {
    violations.push_back(
        {"pipeline.stages",
         absl::StrCat("must be 1 to ", kMaxOpenStages,
                      " open ones, then one that is won, then one or more "
                      "that are lost.")});
  }
  std::set<std::string> ids;
  for (int i = 0; i < after.stages_size(); ++i) {
    const v1::PipelineStage& stage = after.stages(i);
    const std::string at = absl::StrCat("pipeline.stages[", i, "]");
    if (!ids.insert(stage.stage_id()).second) {
      violations.push_back(
          {absl::StrCat(at, ".stage_id"), "repeats the id of another stage."});
    }
    CheckStage(stage, at, context, violations);
  }
  if (after.stages_size() > 0 && (after.stages(0).needs_approval() ||
                                  after.stages(0).required_fields_size() > 0)) {
    violations.push_back({"pipeline.stages[0]",
                          "must ask for nothing: opportunities begin there."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckPipelineDeletable(const v1::Pipeline& pipeline) {
  if (pipeline.state() == v1::Pipeline::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "PIPELINE_IN_USE",
      absl::StrCat("'", pipeline.name(), "' is ",
                   v1::Pipeline::State_Name(pipeline.state()),
                   "; drafts alone can be deleted. Retire it."),
      pipeline.name());
}

absl::StatusOr<v1::Pipeline> Revise(const v1::Pipeline& pipeline) {
  if (pipeline.state() == v1::Pipeline::DRAFT) {
    return FailedPrecondition(
        "PIPELINE_DRAFT",
        absl::StrCat("'", pipeline.name(),
                     "' is a draft; change it instead of revising it."),
        pipeline.name());
  }
  v1::Pipeline draft;
  draft.set_display_name(pipeline.display_name());
  *draft.mutable_stages() = pipeline.stages();
  draft.set_allows_skipping(pipeline.allows_skipping());
  draft.set_allows_going_back(pipeline.allows_going_back());
  draft.set_revised_pipeline(pipeline.name());
  draft.set_revision(pipeline.revision() + 1);
  *draft.mutable_labels() = pipeline.labels();
  return draft;
}

const v1::PipelineStage* FindStage(const v1::Pipeline& pipeline,
                                   absl::string_view stage_id) {
  const int index = IndexOf(pipeline, stage_id);
  return index < 0 ? nullptr : &pipeline.stages(index);
}

const v1::PipelineStage* FirstStage(const v1::Pipeline& pipeline,
                                    v1::PipelineStage::Outcome outcome) {
  for (const v1::PipelineStage& stage : pipeline.stages()) {
    if (stage.outcome() == outcome) return &stage;
  }
  return nullptr;
}

std::vector<std::string> NextStages(const v1::Pipeline& pipeline,
                                    absl::string_view stage_id) {
  const int from = IndexOf(pipeline, stage_id);
  std::vector<std::string> next;
  for (int i = 0; i < pipeline.stages_size(); ++i) {
    if (pipeline.stages(i).outcome() != v1::PipelineStage::OPEN) break;
    const bool ahead =
        i > from && (i == from + 1 || pipeline.allows_skipping());
    const bool back = i < from && pipeline.allows_going_back();
    if (ahead || back) next.push_back(pipeline.stages(i).stage_id());
  }
  return next;
}

absl::Status CheckMove(const v1::Pipeline& pipeline, absl::string_view from,
                       absl::string_view to) {
  const std::vector<std::string> next = NextStages(pipeline, from);
  const auto refused = [&](const char* rule, absl::string_view why) {
    const std::string names = absl::StrJoin(next, ", ");
    return FailedPrecondition(
        rule,
        absl::StrCat("'", to, "' cannot follow '", from, "': ", why, " ",
                     next.empty() ? "No open stage can."
                                  : absl::StrCat("These can: ", names, ".")),
        pipeline.name(), {{"stage", std::string(from)}, {"next", names}});
  };
  const int index = IndexOf(pipeline, to);
  if (index < 0) return refused("STAGE_UNKNOWN", "the pipeline has no such.");
  if (pipeline.stages(index).outcome() != v1::PipelineStage::OPEN) {
    return refused("STAGE_NOT_OPEN",
                   "it ends the opportunity; win or lose it.");
  }
  const int at = IndexOf(pipeline, from);
  if (index > at + 1 && !pipeline.allows_skipping()) {
    return refused("STAGE_SKIPPED",
                   "the pipeline allows no stage to be left out.");
  }
  if (index < at && !pipeline.allows_going_back()) {
    return refused("STAGE_BACK", "the pipeline allows no way back.");
  }
  return absl::OkStatus();
}

std::vector<std::string> MissingFields(const v1::PipelineStage& stage,
                                       const v1::Opportunity& opportunity) {
  std::vector<std::string> missing;
  for (const std::string& field : stage.required_fields()) {
    if (!IsSet(opportunity, field)) missing.push_back(field);
  }
  return missing;
}

}  // namespace crm::operational
