#include "services/analytical/domain/declared/pulse.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/text_proto.h"

namespace crm::analytical {
namespace {

using testing::Proto;
using v1::PulseGroup;
using v1::PulseResult;

v1::EnablementProgram::Survey MakeSurvey() {
  return Proto<v1::EnablementProgram::Survey>(
      "survey_id: 'mood' best_points: 4");
}

TEST(ResultOf, MeansAreOfTheRawAnswers) {
  const PulseResult result = ResultOf(
      MakeSurvey(), {{"teams/b", 6, 18}, {"teams/a", 5, 10}}, /*min=*/5);

  ASSERT_EQ(result.teams_size(), 2);
  EXPECT_EQ(result.teams(0).team(), "teams/a");
  EXPECT_EQ(result.teams(0).mean_millionths(), 500'000);
  EXPECT_EQ(result.teams(1).mean_millionths(), 750'000);
  EXPECT_EQ(result.overall().response_count(), 11);
  // 28 of 44.
  EXPECT_EQ(result.overall().mean_millionths(), 636'364);
}

TEST(ResultOf, PE_04_ASmallTeamIsHiddenAndNotShownByTheRest) {
  const PulseResult result = ResultOf(
      MakeSurvey(),
      {{"teams/small", 2, 0}, {"teams/mid", 6, 6}, {"teams/big", 9, 9}},
      /*min=*/5);

  // All less the big team would be the small one and the next.
  ASSERT_EQ(result.teams_size(), 3);
  EXPECT_FALSE(result.teams(0).suppressed());
  EXPECT_EQ(result.teams(0).response_count(), 9);
  EXPECT_TRUE(result.teams(1).suppressed());
  EXPECT_EQ(result.teams(1).response_count(), 0);
  EXPECT_EQ(result.teams(1).mean_millionths(), 0);
  EXPECT_TRUE(result.teams(2).suppressed());
  EXPECT_FALSE(result.overall().suppressed());
}

TEST(ResultOf, PE_04_TooFewAnswersAreNotShownAtAll) {
  const PulseResult result =
      ResultOf(MakeSurvey(), {{"teams/a", 2, 0}, {"teams/b", 2, 6}}, /*min=*/5);

  EXPECT_TRUE(result.overall().suppressed());
  EXPECT_EQ(result.overall().response_count(), 0);
  for (const PulseGroup& team : result.teams()) EXPECT_TRUE(team.suppressed());
  EXPECT_TRUE(ResultOf(MakeSurvey(), {}, 5).overall().suppressed());
}

// Whatever the teams, what is not shown is of none or of enough people.
TEST(ResultOf, PE_04_NoDifferenceTellsOfAFew) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<PulseTally> tallies;
    int64_t all = 0;
    const auto teams = static_cast<int>(random() % 6);
    for (int i = 0; i < teams; ++i) {
      const auto count = static_cast<int64_t>(1 + random() % 9);
      tallies.push_back({absl::StrCat("teams/", i), count, count});
      all += count;
    }
    const PulseResult result = ResultOf(MakeSurvey(), tallies, 5);

    int64_t shown = 0;
    for (const PulseGroup& team : result.teams()) {
      if (team.suppressed()) continue;
      EXPECT_GE(team.response_count(), 5);
      shown += team.response_count();
    }
    EXPECT_EQ(result.overall().suppressed(), all < 5);
    if (all >= 5) {
      EXPECT_TRUE(shown == all || all - shown >= 5) << all << " " << shown;
    }
  }
}

}  // namespace
}  // namespace crm::analytical
