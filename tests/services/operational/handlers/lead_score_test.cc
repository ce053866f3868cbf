#include "services/operational/handlers/lead_score.h"

#include "tests/services/operational/service_on_clock.h"

namespace crm::operational {
namespace {

using ::crm::testing::ServiceOnClock;

class LeadFading : public ::testing::Test {
 protected:
  LeadFading() : service_(absl::FromUnixSeconds(1'700'000'000)) {
    service_.Must<v1::ScoringModel, v1::CreateScoringModelRequest>(
        "CreateScoringModel",
        "scoring_model_id: 'warm' scoring_model { display_name: 'Warm' terms { "
        "points: 100 time_field: 'create_time' half_life_days: 10 reason: 'is "
        "fresh' } grades { grade: 'A' min_score: 50 } }");
    service_.Must<v1::ScoringModel, v1::ActivateScoringModelRequest>(
        "ActivateScoringModel", "name: 'scoringModels/warm'");
    service_.FireTimers();
    service_.Must<v1::Lead, v1::CreateLeadRequest>(
        "CreateLead", "lead_id: 'ada' lead { display_name: 'Ada' }");
  }

  v1::Lead Lead() {
    return service_.Must<v1::Lead, v1::GetLeadRequest>("GetLead",
                                                       "name: 'leads/ada'");
  }

  void Pass(absl::Duration time) {
    service_.clock().Advance(time);
    service_.FireTimers();
  }

  ServiceOnClock service_;
};

TEST_F(LeadFading, B05_AScoreIsWrittenAgainOnceTenPointsHaveFaded) {
  EXPECT_EQ(Lead().score(), 100);
  const std::string etag = Lead().etag();

  Pass(absl::Hours(24));
  EXPECT_EQ(Lead().etag(), etag);
  EXPECT_EQ(
      (service_.Must<v1::ExplainLeadScoreResponse, v1::ExplainLeadScoreRequest>(
           "ExplainLeadScore", "name: 'leads/ada'"))
          .score(),
      93);

  Pass(absl::Hours(24));
  EXPECT_EQ(Lead().score(), 87);
  EXPECT_EQ(Lead().grade(), "A");
}

TEST_F(LeadFading, B05_AGradeGoesWithTheScoreAndNothingIsWrittenAfterTheEnd) {
  int writes = 0;
  std::string etag = Lead().etag();
  for (int day = 0; day < 120; ++day) {
    Pass(absl::Hours(24));
    if (Lead().etag() == etag) continue;
    etag = Lead().etag();
    ++writes;
  }

  EXPECT_LT(Lead().score(), 10);
  EXPECT_EQ(Lead().grade(), "");
  EXPECT_GE(writes, 5);
  EXPECT_LE(writes, 11);
}

TEST_F(LeadFading, B05_ALeadThatIsGivenUpKeepsItsScore) {
  service_.Must<v1::Lead, v1::DisqualifyLeadRequest>(
      "DisqualifyLead", "name: 'leads/ada' disqualify_reason: 'no budget'");
  const std::string etag = Lead().etag();

  for (int day = 0; day < 30; ++day) Pass(absl::Hours(24));

  EXPECT_EQ(Lead().etag(), etag);
  EXPECT_EQ(Lead().score(), 100);
}

}  // namespace
}  // namespace crm::operational
