// Rows of the capability list on change initiatives and enablement, as callers
// of the analytical service see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "crm/analytical/v1/change_initiative.pb.h"
#include "crm/analytical/v1/change_initiative_transitions.pb.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/enablement_program_transitions.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "services/analytical/app.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::analytical::v1;
using ::testing::SizeIs;

// A day (UTC) as a message in text: so many days from today.
std::string DayText(int days_from_now) {
  const absl::CivilDay day =
      absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) + days_from_now;
  return absl::StrCat("{ year: ", day.year(), " month: ", day.month(),
                      " day: ", day.day(), " }");
}

class AdoptionRows : public ::testing::Test {
 protected:
  AdoptionRows()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Nobody is there whose events it could follow.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }) {}

  std::string Token(absl::string_view user) {
    return authority_.Token("acme", absl::StrCat("user:", user), {"analyst"});
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                absl::string_view user = "boss") {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.", method), Proto<Request>(text),
        {.token = Token(user)});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text,
                absl::string_view user = "boss") {
    auto response = Call<Response, Request>(method, text, user);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  absl::StatusOr<v1::ChangeInitiative> MakeInitiative(absl::string_view more) {
    return Call<v1::ChangeInitiative, v1::CreateChangeInitiativeRequest>(
        "ChangeInitiativeService.CreateChangeInitiative",
        absl::StrCat("change_initiative_id: 'crm' change_initiative { "
                     "display_name: 'CRM' sponsor: 'user:boss' start_date ",
                     DayText(0), " ", more, " }"));
  }

  v1::MeasureAdoptionResponse Adoption() {
    return Must<v1::MeasureAdoptionResponse, v1::MeasureAdoptionRequest>(
        "ChangeInitiativeService.MeasureAdoption",
        "name: 'changeInitiatives/crm'");
  }

  // Somebody changes a resource of the type crm/Strategy.
  void Use(absl::string_view user) {
    Must<v1::Strategy, v1::CreateStrategyRequest>(
        "StrategyService.CreateStrategy",
        "strategy { display_name: 'Growth' vision: 'Grow' }", user);
  }

  // An active program of six people in two teams, with a survey.
  void MakeProgram() {
    std::string people;
    for (int i = 1; i <= 6; ++i) {
      absl::StrAppend(&people, "participants { user: 'user:p", i, "' team: '",
                      i <= 4 ? "teams/big" : "teams/small",
                      "' completed_trainings: 'basics' } ");
    }
    Must<v1::EnablementProgram, v1::CreateEnablementProgramRequest>(
        "EnablementProgramService.CreateEnablementProgram",
        absl::StrCat(
            "enablement_program_id: 'start' enablement_program { display_name: "
            "'Start' min_group_size: 3 "
            "trainings { training_id: 'basics' display_name: 'Basics' } "
            "trainings { training_id: 'more' display_name: 'More' } ",
            people, "surveys { survey_id: 'mood' question: 'How is it?' ",
            "best_points: 4 open_date ", DayText(-1), " close_date ",
            DayText(1), " } surveys { survey_id: 'late' question: 'And now?' ",
            "best_points: 4 open_date ", DayText(-9), " close_date ",
            DayText(-2), " } }"));
    Must<v1::EnablementProgram, v1::ApproveEnablementProgramRequest>(
        "EnablementProgramService.ApproveEnablementProgram",
        "name: 'enablementPrograms/start'");
    Must<v1::EnablementProgram, v1::ActivateEnablementProgramRequest>(
        "EnablementProgramService.ActivateEnablementProgram",
        "name: 'enablementPrograms/start'");
  }

  absl::Status Answer(absl::string_view user, int points,
                      absl::string_view survey = "mood") {
    return Call<v1::AnswerSurveyResponse, v1::AnswerSurveyRequest>(
               "EnablementProgramService.AnswerSurvey",
               absl::StrCat("name: 'enablementPrograms/start' survey_id: '",
                            survey, "' points: ", points),
               user)
        .status();
  }

  TestAuthority authority_;
  ServiceHarness service_;
};

TEST_F(AdoptionRows, PE_02_AdoptionIsDistinctActiveUsersByTargetUsers) {
  ASSERT_THAT(MakeInitiative("target_users: 'user:ada' target_users: 'user:bea'"
                             " target_users: 'user:cleo' "
                             "used_resource_types: 'crm/Strategy'"),
              IsOk());
  EXPECT_FALSE(Adoption().has_adoption());

  Use("dora");
  const auto others = Adoption();
  Use("ada");
  Use("ada");
  Use("bea");
  const auto some = Adoption();

  EXPECT_TRUE(others.has_adoption());
  EXPECT_EQ(others.adoption_millionths(), 0);
  EXPECT_EQ(some.active_user_count(), 2);
  EXPECT_EQ(some.target_user_count(), 3);
  EXPECT_EQ(some.adoption_millionths(), 666'667);
  ASSERT_THAT(some.points(), SizeIs(::testing::Ge(1)));
  EXPECT_EQ(some.points(0).active_user_count(), 2);
}

TEST_F(AdoptionRows, PE_02_WhatOthersChangeOrTheUsedTypesAreNotDoesNotCount) {
  ASSERT_THAT(MakeInitiative("target_users: 'user:boss' "
                             "used_resource_types: 'crm/Order'"),
              IsOk());
  Use("boss");

  EXPECT_FALSE(Adoption().has_adoption());
}

TEST_F(AdoptionRows, PE_02_InitiativesAreRefusedWithAllThatIsWrong) {
  const auto refused = MakeInitiative(
      "target_users: 'user:a' target_users: 'user:a' "
      "used_resource_types: 'crm/Nothing' "
      "stakeholders { party: 'teams/a' impact: HIGH } "
      "stakeholders { party: 'teams/a' impact: LOW }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(3));
}

TEST_F(AdoptionRows, PE_02_AnInitiativeThatHasEndedStaysAsItIs) {
  ASSERT_THAT(MakeInitiative(""), IsOk());
  const auto stopped =
      Must<v1::ChangeInitiative, v1::StopChangeInitiativeRequest>(
          "ChangeInitiativeService.StopChangeInitiative",
          "name: 'changeInitiatives/crm' stop_reason: 'No money'");
  EXPECT_EQ(stopped.stop_reason(), "No money");

  EXPECT_THAT(
      (Call<v1::ChangeInitiative, v1::UpdateChangeInitiativeRequest>(
          "ChangeInitiativeService.UpdateChangeInitiative",
          "change_initiative { name: 'changeInitiatives/crm' "
          "target_users: 'user:a' }")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "INITIATIVE_ENDED"));
}

TEST_F(AdoptionRows, PE_04_TellsCompletionByTeamAndNoAnswersBeforeTheEnd) {
  MakeProgram();
  ASSERT_THAT(Answer("p1", 4), IsOk());
  ASSERT_THAT(Answer("p2", 0), IsOk());

  const auto measured =
      Must<v1::MeasureEngagementResponse, v1::MeasureEngagementRequest>(
          "EnablementProgramService.MeasureEngagement",
          "name: 'enablementPrograms/start'");

  ASSERT_THAT(measured.completions(), SizeIs(2));
  EXPECT_THAT(measured.completions(0),
              EqualsProto("team: 'teams/big' participant_count: 4 "
                          "completed_count: 4 has_completion: true "
                          "completion_millionths: 500000"));
  ASSERT_THAT(measured.pulses(), SizeIs(2));
  EXPECT_THAT(measured.pulses(0), EqualsProto("survey_id: 'mood'"));
  EXPECT_TRUE(measured.pulses(1).closed());
  EXPECT_TRUE(measured.pulses(1).overall().suppressed());
}

TEST_F(AdoptionRows, PE_04_EveryParticipantAnswersOnceWhileTheSurveyIsOpen) {
  MakeProgram();

  EXPECT_THAT(Answer("p1", 3), IsOk());
  EXPECT_THAT(Answer("p1", 4),
              StatusIs(absl::StatusCode::kAlreadyExists, "SURVEY_ANSWERED"));
  EXPECT_THAT(
      Answer("stranger", 4),
      StatusIs(absl::StatusCode::kPermissionDenied, "NOT_A_PARTICIPANT"));
  EXPECT_THAT(
      Answer("p2", 4, "late"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SURVEY_NOT_OPEN"));
  EXPECT_THAT(Answer("p2", 5),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Answer("p2", 1, "none"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  const auto program =
      Must<v1::EnablementProgram, v1::GetEnablementProgramRequest>(
          "EnablementProgramService.GetEnablementProgram",
          "name: 'enablementPrograms/start'");
  EXPECT_EQ(program.answer_count(), 1);
}

TEST_F(AdoptionRows, PE_04_SurveysOfAProgramThatHasBegunStayAsTheyAre) {
  MakeProgram();

  EXPECT_THAT(
      (Call<v1::EnablementProgram, v1::UpdateEnablementProgramRequest>(
          "EnablementProgramService.UpdateEnablementProgram",
          absl::StrCat("enablement_program { name: "
                       "'enablementPrograms/start' surveys { "
                       "survey_id: 'mood' question: 'Is it bad?' "
                       "best_points: 4 open_date ",
                       DayText(-1), " close_date ", DayText(1), " } }"))),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SURVEYS_FIXED"));
}

}  // namespace
}  // namespace crm::testing
