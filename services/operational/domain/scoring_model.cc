#include "services/operational/domain/scoring_model.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/lead_filter.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::util::MessageDifferencer;

bool SameScoring(v1::ScoringModel a, v1::ScoringModel b) {
  v1::ScoringModel one;
  one.mutable_terms()->Swap(a.mutable_terms());
  one.mutable_grades()->Swap(a.mutable_grades());
  v1::ScoringModel other;
  other.mutable_terms()->Swap(b.mutable_terms());
  other.mutable_grades()->Swap(b.mutable_grades());
  return MessageDifferencer::Equals(one, other);
}

void CheckTerm(const v1::ScoringModel::Term& term, const std::string& at,
               const RuleContext& context,
               std::vector<FieldViolation>& violations) {
  CheckLeadFilter(term.filter(), absl::StrCat(at, ".filter"), context,
                  violations);
  if (term.points() == 0) {
    violations.push_back({absl::StrCat(at, ".points"), "must not be 0."});
  }
  if (term.time_field().empty() != (term.half_life_days() == 0)) {
    violations.push_back({absl::StrCat(at, ".half_life_days"),
                          "goes with a time_field, which needs one."});
  }
  if (!term.time_field().empty() &&
      FindFadeField(term.time_field()) == nullptr) {
    violations.push_back({absl::StrCat(at, ".time_field"),
                          "must be a time of a lead, as 'create_time', and "
                          "not one that changes with the score."});
  }
}

}  // namespace

absl::Status PrepareScoringModel(const v1::ScoringModel* before,
                                 v1::ScoringModel& after,
                                 const RuleContext& context) {
  after.set_active_key(after.state() == v1::ScoringModel::ACTIVE
                           ? std::string(kActiveKey)
                           : std::string());
  if (before != nullptr && before->state() != v1::ScoringModel::DRAFT) {
    if (SameScoring(*before, after)) return absl::OkStatus();
    return FailedPrecondition(
        "MODEL_NOT_DRAFT",
        absl::StrCat("'", after.name(),
                     "' is no draft any more: terms and grades stay. Create "
                     "another model and activate that."),
        after.name());
  }
  std::vector<FieldViolation> violations;
  for (int i = 0; i < after.terms_size(); ++i) {
    CheckTerm(after.terms(i), absl::StrCat("scoring_model.terms[", i, "]"),
              context, violations);
  }
  for (int i = 1; i < after.grades_size(); ++i) {
    if (after.grades(i).min_score() < after.grades(i - 1).min_score()) continue;
    violations.push_back(
        {absl::StrCat("scoring_model.grades[", i, "].min_score"),
         "must be less than that of the grade before, which is better."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckScoringModelDeletable(const v1::ScoringModel& model) {
  if (model.state() == v1::ScoringModel::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "MODEL_IN_USE",
      absl::StrCat("'", model.name(),
                   "' is no draft any more: leads refer to it. Retire it."),
      model.name());
}

const FieldDescriptor* FindFadeField(absl::string_view name) {
  if (name == "update_time" || name == "score_time" || name == "delete_time" ||
      name == "purge_time") {
    return nullptr;
  }
  const FieldDescriptor* field =
      v1::Lead::descriptor()->FindFieldByName(std::string(name));
  return field != nullptr && !field->is_repeated() &&
                 field->message_type() ==
                     google::protobuf::Timestamp::descriptor()
             ? field
             : nullptr;
}

}  // namespace crm::operational
