// Rows of the capability list on frameworks, as callers of the analytical
// service see them before there are any events.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/scorecard.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "google/protobuf/empty.pb.h"
#include "services/analytical/app.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::analytical::v1;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ScorecardRows : public ::testing::Test {
 protected:
  ScorecardRows()
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
        absl::StrCat("crm.analytical.v1.ScorecardService.", method),
        Proto<Request>(text), {.token = token_});
  }

  absl::StatusOr<v1::Scorecard> Create(absl::string_view id,
                                       absl::string_view scorecard,
                                       absl::string_view more = "") {
    return Call<v1::Scorecard, v1::CreateScorecardRequest>(
        "CreateScorecard", absl::StrCat("scorecard_id: '", id, "' scorecard {",
                                        scorecard, "}", more));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(ScorecardRows, ID_05_IsCreatedOnceByItsRequestIdAndVerifies) {
  constexpr char kOnce[] = "request_id: '2b3e1a52-3f5c-4c1e-9a64-2d8b7c1f0a11'";
  const auto made = Create("may", "framework: 'idic'", kOnce);
  const auto again = Create("may", "framework: 'idic'", kOnce);

  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(made->etag(), again->etag());
  EXPECT_EQ(made->uid(), again->uid());
  ASSERT_THAT(made->dimensions(), SizeIs(4));
  EXPECT_FALSE(made->has_score());
  const auto verified =
      Call<v1::VerifyScorecardResponse, v1::VerifyScorecardRequest>(
          "VerifyScorecard", "name: 'scorecards/may'");
  ASSERT_THAT(verified, IsOk());
  EXPECT_TRUE(verified->matches()) << verified->DebugString();
}

TEST_F(ScorecardRows, QC_06_TheGraphHasItsEdgesWithoutAnyData) {
  const auto made = Create("may", "framework: 'qci'");

  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(made->edges(), SizeIs(4));
  for (const auto& edge : made->edges()) EXPECT_FALSE(edge.measured());
  const auto drawn =
      Call<v1::RenderScorecardResponse, v1::RenderScorecardRequest>(
          "RenderScorecard", "name: 'scorecards/may'");
  ASSERT_THAT(drawn, IsOk());
  EXPECT_THAT(drawn->svg(), StartsWith("<svg "));
  EXPECT_THAT(drawn->svg(), HasSubstr("no data"));
}

TEST_F(ScorecardRows, ComparesOnlyScorecardsOfOneFramework) {
  ASSERT_THAT(Create("first", "framework: 'idic'"), IsOk());
  ASSERT_THAT(Create("second", "framework: 'idic'"), IsOk());
  ASSERT_THAT(Create("other", "framework: 'qci'"), IsOk());
  const auto compare = [&](const char* with) {
    return Call<v1::CompareScorecardsResponse, v1::CompareScorecardsRequest>(
        "CompareScorecards",
        absl::StrCat("name: 'scorecards/first' other_scorecard: 'scorecards/",
                     with, "'"));
  };

  const auto compared = compare("second");

  ASSERT_THAT(compared, IsOk());
  EXPECT_THAT(compared->dimensions(), SizeIs(4));
  EXPECT_THAT(compare("other"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                         "FRAMEWORKS_DIFFER"));
  EXPECT_THAT(compare("none"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(ScorecardRows, RefusesWhatNoScorecardCanBeMadeOf) {
  EXPECT_THAT(Create("a1", "framework: 'spin'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      Create("a2", "framework: 'idic' as_of_time { seconds: 9000000000 }"),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Create("a3",
                     "framework: 'idic' weights { dimension_id: 'identify' "
                     "weight_millionths: 1000000 }"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ScorecardRows, GX_04_RecommendsWithReasons) {
  const auto ranked =
      Call<v1::RecommendModelsResponse, v1::RecommendModelsRequest>(
          "RecommendModels", "needs: CUSTOMER_EXPERIENCE employee_count: 90");

  ASSERT_THAT(ranked, IsOk());
  EXPECT_EQ(ranked->models(0).framework_id(), "qci");
  EXPECT_THAT(ranked->models(0).reasons(), SizeIs(2));
}

TEST_F(ScorecardRows, GX_05_SaysThatThereAreNoOrders) {
  EXPECT_THAT((Call<v1::RetentionEffect, v1::EstimateRetentionEffectRequest>(
                  "EstimateRetentionEffect",
                  "start_time { seconds: 1 } end_time { seconds: 2 } "
                  "retention_change_millionths: 50000 margin_millionths: 1")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_ORDERS"));
}

TEST_F(ScorecardRows, PF_01_StrategiesAreEvidenceAndSayThatThereAreNoOrders) {
  const auto reason_of = [&](const char* id) {
    const auto made = Create(id, "framework: 'payne-frow'");
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->dimensions(0).evidence(0).reason() : "";
  };
  EXPECT_EQ(reason_of("before"), "NO_RESOURCE");
  ASSERT_THAT(
      (service_.client().Call<v1::Strategy>(
          "crm.analytical.v1.StrategyService.CreateStrategy",
          Proto<v1::CreateStrategyRequest>(
              "strategy { display_name: 'Growth' vision: 'Grow' "
              "target_segments: 'Retail' objectives { objective_id: 'orders' "
              "display_name: 'Orders' metric { kind: ORDERS } direction: "
              "INCREASE target_millionths: 9000000 start_date { year: 2020 "
              "month: 1 day: 1 } due_date { year: 2020 month: 4 day: 9 } } }"),
          {.token = token_})),
      IsOk());

  EXPECT_EQ(reason_of("after"), "NOTHING_COUNTED");
}

constexpr char kPeriod[] = "start_time { seconds: 1 } end_time { seconds: 2 } ";

TEST_F(ScorecardRows, QC_08_WithoutAnswersThereIsNoExperience) {
  const auto index = Call<v1::ExperienceIndex, v1::MeasureExperienceRequest>(
      "MeasureExperience", kPeriod);

  ASSERT_THAT(index, IsOk());
  EXPECT_FALSE(index->overall().has_mean());
}

TEST_F(ScorecardRows, QC_05_ListsNoActivitiesOfAStageWhereThereAreNone) {
  const auto page = Call<v1::ReadManagementActivitiesResponse,
                         v1::ReadManagementActivitiesRequest>(
      "ReadManagementActivities", "stage: WIN_BACK");

  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->management_activities(), SizeIs(0));
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(ScorecardRows, VP_06_AsksForAStandardAndAFloor) {
  const auto refused =
      Call<v1::ServiceFloorReport, v1::MeasureServiceFloorRequest>(
          "MeasureServiceFloor", kPeriod);
  const auto report =
      Call<v1::ServiceFloorReport, v1::MeasureServiceFloorRequest>(
          "MeasureServiceFloor",
          absl::StrCat(kPeriod,
                       "standard_minutes: 60 floor_millionths: 800000"));

  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(2));
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->clv_model(), "");
  EXPECT_FALSE(report->alarm());
}

TEST_F(ScorecardRows, PF_04_WithoutEventsNoDefectIsMeasured) {
  const auto health =
      Call<v1::InformationHealth, v1::MeasureInformationHealthRequest>(
          "MeasureInformationHealth", "");

  ASSERT_THAT(health, IsOk());
  EXPECT_FALSE(health->has_customers());
  for (const auto& defect : health->defects()) EXPECT_FALSE(defect.measured());
}

}  // namespace
}  // namespace crm::testing
