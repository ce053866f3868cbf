// The rules of scoring models: what makes one whole, and what of it may change.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SCORING_MODEL_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SCORING_MODEL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/scoring_model.pb.h"
#include "google/protobuf/descriptor.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// What `active_key` of models and assignment rules is while they are in use.
inline constexpr absl::string_view kActiveKey = "active";

// Completes and checks a model: the active one holds `active_key`, of which
// there is one.
//
// Returns FAILED_PRECONDITION (MODEL_NOT_DRAFT) if terms or grades change after
// DRAFT, and INVALID_ARGUMENT with all violations: a filter does not fit leads,
// or follows references; points are 0; a time field is none of a lead, or one
// that scoring itself changes; a half-life stands without one, or misses;
// grades are not ordered from the best on.
absl::Status PrepareScoringModel(const v1::ScoringModel* before,
                                 v1::ScoringModel& after,
                                 const RuleContext& context);

// Returns FAILED_PRECONDITION (MODEL_IN_USE) unless `model` is a DRAFT: leads
// refer to the others.
absl::Status CheckScoringModelDeletable(const v1::ScoringModel& model);

// Returns the field of a lead that points may fade by; null if `name` is none.
const google::protobuf::FieldDescriptor* FindFadeField(absl::string_view name);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SCORING_MODEL_H_
