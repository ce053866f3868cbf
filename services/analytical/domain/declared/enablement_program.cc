#include "services/analytical/domain/declared/enablement_program.h"

#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using google::protobuf::util::MessageDifferencer;
using v1::EnablementProgram;

constexpr int32_t kDefaultGroupSize = 5;
constexpr int32_t kLeastGroupSize = 3;

// Whether `after` begins with the surveys that `before` has.
bool KeepsSurveys(const EnablementProgram& before,
                  const EnablementProgram& after) {
  if (after.surveys_size() < before.surveys_size()) return false;
  for (int i = 0; i < before.surveys_size(); ++i) {
    if (!MessageDifferencer::Equals(before.surveys(i), after.surveys(i))) {
      return false;
    }
  }
  return true;
}

absl::Status SurveysAreFixed(const EnablementProgram& program) {
  return FailedPrecondition(
      "SURVEYS_FIXED",
      absl::StrCat("'", program.name(),
                   "' has begun; its surveys stay as they are, and new ones "
                   "come after them."),
      program.name());
}

std::string At(const char* list, int i, const char* field) {
  return absl::StrCat("enablement_program.", list, "[", i, "].", field);
}

void CheckParticipants(const EnablementProgram& program,
                       const std::set<std::string>& trainings,
                       std::vector<FieldViolation>& violations) {
  std::set<std::string> users;
  for (int i = 0; i < program.participants_size(); ++i) {
    const EnablementProgram::Participant& participant = program.participants(i);
    if (!users.insert(participant.user()).second) {
      violations.push_back(
          {At("participants", i, "user"), "takes part already."});
    }
    std::set<std::string> done;
    for (int j = 0; j < participant.completed_trainings_size(); ++j) {
      const std::string& id = participant.completed_trainings(j);
      const std::string field = absl::StrCat(
          At("participants", i, "completed_trainings"), "[", j, "]");
      if (!trainings.contains(id)) {
        violations.push_back({field, "is no training of the program."});
      } else if (!done.insert(id).second) {
        violations.push_back({field, "is there already."});
      }
    }
  }
}

void CheckSurveys(const EnablementProgram& program,
                  std::vector<FieldViolation>& violations) {
  std::set<std::string> ids;
  for (int i = 0; i < program.surveys_size(); ++i) {
    const EnablementProgram::Survey& survey = program.surveys(i);
    if (!ids.insert(survey.survey_id()).second) {
      violations.push_back(
          {At("surveys", i, "survey_id"), "repeats the id of another survey."});
    }
    if (StartOf(survey.close_date()) < StartOf(survey.open_date())) {
      violations.push_back(
          {At("surveys", i, "close_date"), "must not be before open_date."});
    }
  }
}

const EnablementProgram::Survey* FindSurvey(const EnablementProgram& program,
                                            const std::string& id) {
  for (const EnablementProgram::Survey& survey : program.surveys()) {
    if (survey.survey_id() == id) return &survey;
  }
  return nullptr;
}

absl::Status CheckOpen(const EnablementProgram& program,
                       const EnablementProgram::Survey& survey,
                       absl::Time now) {
  if (program.state() == EnablementProgram::ACTIVE &&
      now >= StartOf(survey.open_date()) && !IsClosed(survey, now)) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "SURVEY_NOT_OPEN",
      absl::StrCat("Survey '", survey.survey_id(), "' of '", program.name(),
                   "' can be answered from its open_date to its close_date, "
                   "while the program is ACTIVE."),
      program.name());
}

}  // namespace

absl::Status PrepareEnablementProgram(const EnablementProgram* before,
                                      EnablementProgram& after,
                                      const RuleContext& /*context*/) {
  if (before != nullptr && before->has_activate_time() &&
      !KeepsSurveys(*before, after)) {
    return SurveysAreFixed(after);
  }
  std::vector<FieldViolation> violations;
  if (after.min_group_size() == 0) after.set_min_group_size(kDefaultGroupSize);
  if (after.min_group_size() < kLeastGroupSize) {
    violations.push_back(
        {"enablement_program.min_group_size",
         absl::StrCat("must be at least ", kLeastGroupSize, ".")});
  }
  std::set<std::string> trainings;
  for (int i = 0; i < after.trainings_size(); ++i) {
    if (trainings.insert(after.trainings(i).training_id()).second) continue;
    violations.push_back({At("trainings", i, "training_id"),
                          "repeats the id of another training."});
  }
  CheckParticipants(after, trainings, violations);
  CheckSurveys(after, violations);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::StatusOr<std::string> TeamOfAnswer(const EnablementProgram& program,
                                         const std::string& subject,
                                         const v1::AnswerSurveyRequest& request,
                                         absl::Time now) {
  const EnablementProgram::Survey* survey =
      FindSurvey(program, request.survey_id());
  if (survey == nullptr) {
    return BadField("survey_id", "is no survey of the program.");
  }
  if (request.points() > survey->best_points()) {
    return BadField(
        "points", absl::StrCat("must be at most ", survey->best_points(), "."));
  }
  for (const EnablementProgram::Participant& participant :
       program.participants()) {
    if (participant.user() != subject) continue;
    CRM_RETURN_IF_ERROR(CheckOpen(program, *survey, now));
    return participant.team();
  }
  return PermissionDenied("NOT_A_PARTICIPANT",
                          absl::StrCat("Surveys of '", program.name(),
                                       "' are answered by its participants."));
}

bool IsClosed(const EnablementProgram::Survey& survey, absl::Time now) {
  return now >= StartOf(survey.close_date()) + absl::Hours(24);
}

void AddCompletions(const EnablementProgram& program,
                    v1::MeasureEngagementResponse& response) {
  std::map<std::string, v1::TeamCompletion> teams;
  for (const EnablementProgram::Participant& participant :
       program.participants()) {
    v1::TeamCompletion& team = teams[participant.team()];
    team.set_team(participant.team());
    team.set_participant_count(team.participant_count() + 1);
    team.set_completed_count(team.completed_count() +
                             participant.completed_trainings_size());
  }
  for (auto& [name, team] : teams) {
    const int64_t whole =
        int64_t{team.participant_count()} * program.trainings_size();
    if (whole > 0) {
      team.set_has_completion(true);
      team.set_completion_millionths(static_cast<int32_t>(DivideRounded(
          absl::int128(team.completed_count()) * 1'000'000, whole)));
    }
    *response.add_completions() = team;
  }
}

}  // namespace crm::analytical
