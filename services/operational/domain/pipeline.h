// The rules of pipelines: what makes one whole, and which stages an opportunity
// may go to from the one it is in.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The pipeline of opportunities that name none.
inline constexpr absl::string_view kDefaultPipeline = "pipelines/default";

// The most stages that are open.
inline constexpr int kMaxOpenStages = 50;

// Completes and checks a pipeline.
//
// Returns FAILED_PRECONDITION (PIPELINE_NOT_DRAFT) if stages or what moves are
// allowed change after DRAFT, and INVALID_ARGUMENT with all violations: the
// stages are not first 1 to kMaxOpenStages open ones, then one that is won,
// then one or more that are lost; an id is given twice; the first stage asks
// for something, though an opportunity begins there; a probability does not go
// with the outcome (0 if lost, 1000000 if won); a required field is none that a
// caller may write.
absl::Status PreparePipeline(const v1::Pipeline* before, v1::Pipeline& after,
                             const RuleContext& context);

// Returns FAILED_PRECONDITION (PIPELINE_IN_USE) unless `pipeline` is a DRAFT.
absl::Status CheckPipelineDeletable(const v1::Pipeline& pipeline);

// Returns a draft of the next revision of `pipeline`, which has no name yet, or
// FAILED_PRECONDITION (PIPELINE_DRAFT) for a draft, which can be changed
// itself.
absl::StatusOr<v1::Pipeline> Revise(const v1::Pipeline& pipeline);

// Returns the stage called `stage_id`, or null.
const v1::PipelineStage* FindStage(const v1::Pipeline& pipeline,
                                   absl::string_view stage_id);

// Returns the first stage of an outcome, or null.
const v1::PipelineStage* FirstStage(const v1::Pipeline& pipeline,
                                    v1::PipelineStage::Outcome outcome);

// Returns the ids of the open stages that may follow `stage_id`, in the order
// of the pipeline.
std::vector<std::string> NextStages(const v1::Pipeline& pipeline,
                                    absl::string_view stage_id);

// Returns OK if NextStages() has `to`; else FAILED_PRECONDITION with the rule
// that is in the way, STAGE_UNKNOWN, STAGE_NOT_OPEN, STAGE_SKIPPED or
// STAGE_BACK, and the `next` stages.
absl::Status CheckMove(const v1::Pipeline& pipeline, absl::string_view from,
                       absl::string_view to);

// Returns the fields that `stage` requires and `opportunity` lacks.
std::vector<std::string> MissingFields(const v1::PipelineStage& stage,
                                       const v1::Opportunity& opportunity);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_H_
