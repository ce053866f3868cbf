// Rows of the capability list on assessments and projects, as callers of the
// analytical service see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/assessment_transitions.pb.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "crm/analytical/v1/crm_project_transitions.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "crm/analytical/v1/rubric_transitions.pb.h"
#include "services/analytical/app.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::analytical::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kRubric[] =
    "rubric_id: 'readiness' rubric { display_name: 'Readiness' "
    "subject: CRM_READINESS "
    "dimensions { dimension_id: 'people' display_name: 'People' "
    "  weight_millionths: 600000 target_millionths: 800000 "
    "  questions { question_id: 'sponsor' text: 'Is there a sponsor?' "
    "    weight_millionths: 700000 best_points: 1 } "
    "  questions { question_id: 'skills' text: 'Are they trained?' "
    "    weight_millionths: 300000 best_points: 4 } } "
    "dimensions { dimension_id: 'data' display_name: 'Data' "
    "  weight_millionths: 400000 "
    "  questions { question_id: 'owner' text: 'Who owns the data?' "
    "    weight_millionths: 1000000 best_points: 3 } } }";

class FrameworkRows : public ::testing::Test {
 protected:
  FrameworkRows()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Nobody is there whose events it could follow.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }),
        token_(authority_.Token("acme", "user:boss", {"analyst"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.", method), Proto<Request>(text),
        {.token = token_});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void MakeRubric() {
    Must<v1::Rubric, v1::CreateRubricRequest>("RubricService.CreateRubric",
                                              kRubric);
    Must<v1::Rubric, v1::ActivateRubricRequest>("RubricService.ActivateRubric",
                                                "name: 'rubrics/readiness'");
  }

  absl::StatusOr<v1::Assessment> Assess(absl::string_view id,
                                        absl::string_view answers) {
    return Call<v1::Assessment, v1::CreateAssessmentRequest>(
        "AssessmentService.CreateAssessment",
        absl::StrCat("assessment_id: '", id,
                     "' assessment { display_name: 'Spring' rubric: "
                     "'rubrics/readiness' ",
                     answers, "}"));
  }

  absl::StatusOr<v1::Assessment> Submit(absl::string_view id) {
    return Call<v1::Assessment, v1::SubmitAssessmentRequest>(
        "AssessmentService.SubmitAssessment",
        absl::StrCat("name: 'assessments/", id, "'"));
  }

  absl::StatusOr<v1::Assessment> Score(absl::string_view id) {
    return Call<v1::Assessment, v1::ScoreAssessmentRequest>(
        "AssessmentService.ScoreAssessment",
        absl::StrCat("name: 'assessments/", id, "'"));
  }

  absl::StatusOr<v1::CrmProject> MakeProject(absl::string_view milestones) {
    return Call<v1::CrmProject, v1::CreateCrmProjectRequest>(
        "CrmProjectService.CreateCrmProject",
        absl::StrCat("crm_project_id: 'launch' crm_project { display_name: "
                     "'Launch' start_date { year: 2026 month: 2 day: 20 } ",
                     milestones, "}"));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

constexpr char kAnswers[] =
    "answers { question_id: 'sponsor' points: 1 } "
    "answers { question_id: 'skills' points: 1 } "
    "answers { question_id: 'owner' points: 2 }";

TEST_F(FrameworkRows, PE_01_AnswersComeToScoresAndGaps) {
  MakeRubric();
  ASSERT_THAT(Assess("spring", kAnswers), IsOk());
  ASSERT_THAT(Submit("spring"), IsOk());

  const auto scored = Score("spring");

  ASSERT_THAT(scored, IsOk());
  ASSERT_THAT(scored->dimension_scores(), SizeIs(2));
  // 0.7 x 1 + 0.3 x 1/4, and 2/3.
  EXPECT_EQ(scored->dimension_scores(0).score_millionths(), 775'000);
  EXPECT_EQ(scored->dimension_scores(0).gap_millionths(), 25'000);
  EXPECT_EQ(scored->dimension_scores(1).score_millionths(), 666'667);
  EXPECT_EQ(scored->dimension_scores(1).gap_millionths(), 0);
  // 0.6 x 0.775 + 0.4 x 0.666667.
  EXPECT_EQ(scored->score_millionths(), 731'667);
  EXPECT_EQ(scored->coverage_millionths(), 1'000'000);
}

TEST_F(FrameworkRows, PE_01_ScoresTheSameAgainHoweverTheRubricWasRevised) {
  MakeRubric();
  ASSERT_THAT(Assess("spring", kAnswers), IsOk());
  ASSERT_THAT(Submit("spring"), IsOk());
  const auto scored = Score("spring");
  ASSERT_THAT(scored, IsOk());
  EXPECT_THAT(
      (Call<v1::Rubric, v1::UpdateRubricRequest>(
          "RubricService.UpdateRubric",
          "rubric { name: 'rubrics/readiness' dimensions { "
          "dimension_id: 'all' display_name: 'All' weight_millionths: "
          "1000000 questions { question_id: 'sponsor' text: '?' "
          "weight_millionths: 1000000 best_points: 1 } } }")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RUBRIC_NOT_DRAFT"));
  const auto revised = Must<v1::Rubric, v1::ReviseRubricRequest>(
      "RubricService.ReviseRubric", "name: 'rubrics/readiness'");
  EXPECT_EQ(revised.revision(), 2);
  EXPECT_EQ(revised.revised_rubric(), "rubrics/readiness");
  EXPECT_EQ(revised.state(), v1::Rubric::DRAFT);
  Must<v1::Rubric, v1::RetireRubricRequest>("RubricService.RetireRubric",
                                            "name: 'rubrics/readiness'");

  const auto verified =
      Must<v1::VerifyAssessmentResponse, v1::VerifyAssessmentRequest>(
          "AssessmentService.VerifyAssessment", "name: 'assessments/spring'");

  EXPECT_TRUE(verified.matches());
  EXPECT_EQ(verified.score_millionths(), scored->score_millionths());
  EXPECT_EQ(scored->rubric_revision(), 1);
}

TEST_F(FrameworkRows, PE_01_WhatNobodyCanAnswerHasNoScore) {
  MakeRubric();
  ASSERT_THAT(Assess("spring",
                     "answers { question_id: 'sponsor' points: 1 } "
                     "answers { question_id: 'skills' not_applicable: true } "
                     "answers { question_id: 'owner' not_applicable: true }"),
              IsOk());
  ASSERT_THAT(Submit("spring"), IsOk());

  const auto scored = Score("spring");

  ASSERT_THAT(scored, IsOk());
  EXPECT_EQ(scored->dimension_scores(0).score_millionths(), 1'000'000);
  EXPECT_EQ(scored->dimension_scores(0).answered_count(), 1);
  EXPECT_FALSE(scored->dimension_scores(1).has_score());
  EXPECT_EQ(scored->score_millionths(), 1'000'000);
  EXPECT_EQ(scored->coverage_millionths(), 600'000);
}

TEST_F(FrameworkRows, PE_01_RefusesAnswersThatDoNotFitWithAllThatIsWrong) {
  MakeRubric();

  const auto refused = Assess(
      "spring",
      "answers { question_id: 'sponsor' points: 2 } "
      "answers { question_id: 'sponsor' } answers { question_id: 'colour' } "
      "answers { question_id: 'owner' points: 1 not_applicable: true }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(4));
}

TEST_F(FrameworkRows, PE_01_AsksForEveryAnswerBeforeItIsSubmitted) {
  MakeRubric();
  ASSERT_THAT(Assess("spring", "answers { question_id: 'sponsor' }"), IsOk());

  const auto refused = Submit("spring");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(2));
}

TEST_F(FrameworkRows, PE_01_ALaterAssessmentTakesThePlaceOfTheOneBefore) {
  MakeRubric();
  ASSERT_THAT(Assess("spring", kAnswers), IsOk());
  ASSERT_THAT(
      Assess("autumn",
             absl::StrCat(kAnswers, " supersedes: 'assessments/spring'")),
      IsOk());
  ASSERT_THAT(Submit("autumn"), IsOk());
  EXPECT_THAT(Score("autumn"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_SCORED"));
  ASSERT_THAT(Submit("spring"), IsOk());
  ASSERT_THAT(Score("spring"), IsOk());

  ASSERT_THAT(Score("autumn"), IsOk());

  const auto spring = Must<v1::Assessment, v1::GetAssessmentRequest>(
      "AssessmentService.GetAssessment", "name: 'assessments/spring'");
  EXPECT_EQ(spring.state(), v1::Assessment::SUPERSEDED);
  EXPECT_TRUE(spring.has_supersede_time());
}

TEST_F(FrameworkRows, VS_01_WeightsThatDoNotSumAreRefusedByName) {
  const auto refused = Call<v1::Rubric, v1::CreateRubricRequest>(
      "RubricService.CreateRubric",
      "rubric { display_name: 'Culture' subject: LEADERSHIP_AND_CULTURE "
      "dimensions { dimension_id: 'a' display_name: 'A' weight_millionths: "
      "500000 questions { question_id: 'x' text: '?' weight_millionths: 900000 "
      "best_points: 1 } } dimensions { dimension_id: 'a' display_name: 'B' "
      "weight_millionths: 400000 questions { question_id: 'x' text: '?' "
      "weight_millionths: 1000000 best_points: 1 } } }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  // Both sums, and both ids that are there twice.
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(4));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("sum to 900000"));
}

TEST_F(FrameworkRows, PE_03_ListsTheCriticalPathOfAProject) {
  ASSERT_THAT(
      MakeProject(
          "milestones { milestone_id: 'plan' display_name: 'Plan' "
          "  duration_days: 5 } "
          "milestones { milestone_id: 'data' display_name: 'Data' "
          "  duration_days: 3 after_milestones: 'plan' } "
          "milestones { milestone_id: 'teach' display_name: 'Teach' "
          "  duration_days: 2 after_milestones: 'plan' } "
          "milestones { milestone_id: 'live' display_name: 'Live' "
          "  after_milestones: 'data' after_milestones: 'teach' } "
          "risks { risk_id: 'late' description: 'Data is late' "
          "  probability_millionths: 250000 delay_days: 10 } "
          "risks { risk_id: 'over' description: 'Past' "
          "  probability_millionths: 900000 delay_days: 10 closed: true }"),
      IsOk());

  const auto path =
      Must<v1::ComputeCriticalPathResponse, v1::ComputeCriticalPathRequest>(
          "CrmProjectService.ComputeCriticalPath", "name: 'crmProjects/launch'");

  EXPECT_THAT(path.critical_path(), ElementsAre("plan", "data", "live"));
  EXPECT_EQ(path.duration_days(), 8);
  EXPECT_EQ(path.schedules(2).slack_days(), 1);
  EXPECT_FALSE(path.schedules(2).critical());
  EXPECT_EQ(path.expected_delay_millionths(), 2'500'000);
  // 2026 is no leap year.
  EXPECT_THAT(path.finish_date(), EqualsProto("year: 2026 month: 2 day: 28"));
}

TEST_F(FrameworkRows, PE_03_RefusesMilestonesThatWaitInACircle) {
  const auto refused = MakeProject(
      "milestones { milestone_id: 'a' display_name: 'A' "
      "  after_milestones: 'b' } "
      "milestones { milestone_id: 'b' display_name: 'B' "
      "  after_milestones: 'a' }");

  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "MILESTONES_IN_CYCLE"));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("a after b after a"));
}

TEST_F(FrameworkRows, PE_03_EndsWhenItsMilestonesAreReached) {
  ASSERT_THAT(MakeProject("milestones { milestone_id: 'a' display_name: 'A' }"),
              IsOk());
  const std::string name = "name: 'crmProjects/launch'";
  Must<v1::CrmProject, v1::ApproveCrmProjectRequest>(
      "CrmProjectService.ApproveCrmProject", name);
  Must<v1::CrmProject, v1::ActivateCrmProjectRequest>(
      "CrmProjectService.ActivateCrmProject", name);
  EXPECT_THAT(
      (Call<v1::CrmProject, v1::CompleteCrmProjectRequest>(
          "CrmProjectService.CompleteCrmProject", name)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "MILESTONES_OPEN"));
  Must<v1::CrmProject, v1::UpdateCrmProjectRequest>(
      "CrmProjectService.UpdateCrmProject",
      "crm_project { name: 'crmProjects/launch' milestones { milestone_id: "
      "'a' display_name: 'A' completed_date { year: 2026 month: 3 day: 1 } } "
      "}");

  const auto done = Must<v1::CrmProject, v1::CompleteCrmProjectRequest>(
      "CrmProjectService.CompleteCrmProject", name);

  EXPECT_EQ(done.state(), v1::CrmProject::DONE);
  EXPECT_THAT(
      (Call<v1::CrmProject, v1::StopCrmProjectRequest>(
          "CrmProjectService.StopCrmProject",
          absl::StrCat(name, " reason: 'late'"))),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

}  // namespace
}  // namespace crm::testing
