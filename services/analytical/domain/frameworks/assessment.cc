#include "services/analytical/domain/frameworks/assessment.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using Answers = std::map<std::string, const v1::Assessment::Answer*>;

bool SameAnswers(const v1::Assessment& a, const v1::Assessment& b) {
  google::protobuf::util::MessageDifferencer differencer;
  const auto* field = v1::Assessment::descriptor()->FindFieldByNumber(
      v1::Assessment::kAnswersFieldNumber);
  return differencer.CompareWithFields(a, b, {field}, {field});
}

absl::Status AnswersAreFixed(const v1::Assessment& assessment,
                             v1::Assessment::State state) {
  return FailedPrecondition(
      "ASSESSMENT_SUBMITTED",
      absl::StrCat("'", assessment.name(), "' is ",
                   v1::Assessment::State_Name(state),
                   "; what it is scored by stays as it is. Make another one."),
      assessment.name());
}

absl::Status NotActive(const v1::Rubric& rubric) {
  return FailedPrecondition(
      "RUBRIC_NOT_ACTIVE",
      absl::StrCat("'", rubric.name(), "' is ",
                   v1::Rubric::State_Name(rubric.state()),
                   "; new assessments go by one that is not RETIRED, and are "
                   "submitted once it is not a DRAFT any more."),
      rubric.name());
}

std::map<std::string, const v1::Rubric::Question*> QuestionsOf(
    const v1::Rubric& rubric) {
  std::map<std::string, const v1::Rubric::Question*> questions;
  for (const auto& dimension : rubric.dimensions()) {
    for (const auto& question : dimension.questions()) {
      questions[question.question_id()] = &question;
    }
  }
  return questions;
}

absl::Status CheckAnswers(const v1::Rubric& rubric,
                          const v1::Assessment& assessment) {
  const auto questions = QuestionsOf(rubric);
  std::vector<FieldViolation> violations;
  std::set<std::string> answered;
  for (int i = 0; i < assessment.answers_size(); ++i) {
    const v1::Assessment::Answer& answer = assessment.answers(i);
    const std::string at = absl::StrCat("assessment.answers[", i, "]");
    if (!answered.insert(answer.question_id()).second) {
      violations.push_back(
          {absl::StrCat(at, ".question_id"), "is answered already."});
    }
    const auto question = questions.find(answer.question_id());
    if (question == questions.end()) {
      violations.push_back(
          {absl::StrCat(at, ".question_id"),
           absl::StrCat("is no question of '", assessment.rubric(), "'.")});
    } else if (answer.points() > question->second->best_points()) {
      violations.push_back(
          {absl::StrCat(at, ".points"),
           absl::StrCat("must be at most ", question->second->best_points(),
                        ".")});
    }
    if (answer.not_applicable() && answer.points() != 0) {
      violations.push_back({absl::StrCat(at, ".points"),
                            "must be 0 where the question is not applicable."});
    }
  }
  if (assessment.state() != v1::Assessment::DRAFT) {
    for (const auto& [id, question] : questions) {
      if (answered.contains(id)) continue;
      violations.push_back(
          {"assessment.answers", absl::StrCat("must answer '", id, "'.")});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

v1::Assessment::DimensionScore ScoreOf(const v1::Rubric::Dimension& dimension,
                                       const Answers& answers) {
  v1::Assessment::DimensionScore score;
  score.set_dimension_id(dimension.dimension_id());
  score.set_display_name(dimension.display_name());
  score.set_question_count(dimension.questions_size());
  std::vector<WeightedPart> parts;
  for (const auto& question : dimension.questions()) {
    WeightedPart& part = parts.emplace_back();
    part.weight_millionths = question.weight_millionths();
    const auto found = answers.find(question.question_id());
    if (found == answers.end() || found->second->not_applicable()) continue;
    part.share = {found->second->points(), question.best_points()};
    score.set_answered_count(score.answered_count() + 1);
  }
  const WeightedMean mean = MeanOf(parts);
  if (!mean.score_millionths.has_value()) return score;
  score.set_has_score(true);
  score.set_score_millionths(*mean.score_millionths);
  score.set_gap_millionths(
      std::max(0, dimension.target_millionths() - *mean.score_millionths));
  return score;
}

}  // namespace

absl::Status PrepareAssessment(const v1::Assessment* before,
                               v1::Assessment& after,
                               const RuleContext& context) {
  const bool is_draft =
      before == nullptr || before->state() == v1::Assessment::DRAFT;
  if (!is_draft) {
    return SameAnswers(*before, after)
               ? absl::OkStatus()
               : AnswersAreFixed(after, before->state());
  }
  const auto* rubric = context.Find<v1::Rubric>(after.rubric());
  // The kernel refuses a reference to nothing.
  if (rubric == nullptr) return absl::OkStatus();
  const bool fits = before == nullptr
                        ? rubric->state() != v1::Rubric::RETIRED
                        : after.state() == v1::Assessment::DRAFT ||
                              rubric->state() != v1::Rubric::DRAFT;
  if (!fits) return NotActive(*rubric);
  after.set_rubric_revision(rubric->revision());
  return CheckAnswers(*rubric, after);
}

absl::Status CheckAssessmentDeletable(const v1::Assessment& assessment) {
  if (assessment.state() == v1::Assessment::DRAFT) return absl::OkStatus();
  return AnswersAreFixed(assessment, assessment.state());
}

void Score(const v1::Rubric& rubric, v1::Assessment& assessment) {
  Answers answers;
  for (const auto& answer : assessment.answers()) {
    answers[answer.question_id()] = &answer;
  }
  assessment.clear_dimension_scores();
  std::vector<WeightedPart> parts;
  for (const auto& dimension : rubric.dimensions()) {
    auto& score = *assessment.add_dimension_scores();
    score = ScoreOf(dimension, answers);
    WeightedPart& part = parts.emplace_back();
    part.weight_millionths = dimension.weight_millionths();
    if (score.has_score()) part.share = {score.score_millionths(), kWhole};
  }
  const WeightedMean mean = MeanOf(parts);
  assessment.set_has_score(mean.score_millionths.has_value());
  assessment.set_score_millionths(mean.score_millionths.value_or(0));
  assessment.set_coverage_millionths(mean.coverage_millionths);
}

}  // namespace crm::analytical
