#include "services/analytical/domain/frameworks/rubric.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

constexpr char kDimensions[] = "rubric.dimensions";

bool SameQuestions(const v1::Rubric& a, const v1::Rubric& b) {
  google::protobuf::util::MessageDifferencer differencer;
  const auto* field = v1::Rubric::descriptor()->FindFieldByNumber(
      v1::Rubric::kDimensionsFieldNumber);
  return differencer.CompareWithFields(a, b, {field}, {field});
}

template <typename Parts>
void CheckWeights(const Parts& parts, const std::string& at,
                  std::vector<FieldViolation>& violations) {
  int64_t sum = 0;
  for (const auto& part : parts) sum += part.weight_millionths();
  if (parts.empty() || sum == kWhole) return;
  violations.push_back(
      {at, absl::StrCat("have weights that sum to ", sum,
                        " millionths; they must sum to ", kWhole, ".")});
}

}  // namespace

absl::Status PrepareRubric(const v1::Rubric* before, v1::Rubric& after,
                           const RuleContext& /*context*/) {
  if (after.revision() == 0) after.set_revision(1);
  if (before != nullptr && before->state() != v1::Rubric::DRAFT) {
    if (SameQuestions(*before, after)) return absl::OkStatus();
    return FailedPrecondition(
        "RUBRIC_NOT_DRAFT",
        absl::StrCat("'", after.name(), "' is ",
                     v1::Rubric::State_Name(before->state()),
                     "; its dimensions can change in DRAFT only. Revise it."),
        after.name());
  }
  std::vector<FieldViolation> violations;
  CheckWeights(after.dimensions(), kDimensions, violations);
  std::set<std::string> dimension_ids;
  std::set<std::string> question_ids;
  for (int i = 0; i < after.dimensions_size(); ++i) {
    const v1::Rubric::Dimension& dimension = after.dimensions(i);
    const std::string at = absl::StrCat(kDimensions, "[", i, "]");
    if (!dimension_ids.insert(dimension.dimension_id()).second) {
      violations.push_back({absl::StrCat(at, ".dimension_id"),
                            "repeats the id of another dimension."});
    }
    CheckWeights(dimension.questions(), absl::StrCat(at, ".questions"),
                 violations);
    for (int j = 0; j < dimension.questions_size(); ++j) {
      if (question_ids.insert(dimension.questions(j).question_id()).second) {
        continue;
      }
      violations.push_back({absl::StrCat(at, ".questions[", j, "].question_id"),
                            "repeats the id of another question."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckRubricDeletable(const v1::Rubric& rubric) {
  if (rubric.state() == v1::Rubric::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "RUBRIC_IN_USE",
      absl::StrCat("'", rubric.name(), "' is ",
                   v1::Rubric::State_Name(rubric.state()),
                   "; drafts alone can be deleted. Retire it."),
      rubric.name());
}

absl::StatusOr<v1::Rubric> Revise(const v1::Rubric& rubric) {
  if (rubric.state() == v1::Rubric::DRAFT) {
    return FailedPrecondition(
        "RUBRIC_DRAFT",
        absl::StrCat("'", rubric.name(),
                     "' is a draft; change it instead of revising it."),
        rubric.name());
  }
  v1::Rubric draft;
  draft.set_display_name(rubric.display_name());
  draft.set_subject(rubric.subject());
  *draft.mutable_dimensions() = rubric.dimensions();
  draft.set_revised_rubric(rubric.name());
  draft.set_revision(rubric.revision() + 1);
  *draft.mutable_labels() = rubric.labels();
  return draft;
}

}  // namespace crm::analytical
