#include "services/analytical/domain/frameworks/scorecard.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/scorecard_differences.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kWords[] = {"a", "b"};
constexpr Criterion kFirst[] = {
    {kMetricRetention, 750'000, 0, 1'000'000, 500'000, "sales"},
    {kMetricCycleDays, 250'000, 100'000'000, 0, 50'000'000, "sales"}};
constexpr Criterion kSecond[] = {
    {kMetricExperience, 1'000'000, 0, 1'000'000, 500'000, "service"}};
constexpr Criterion kThird[] = {
    {kMetricReadiness, 1'000'000, 0, 1'000'000, 500'000, "hr"}};
constexpr Dimension kDimensions[] = {{.id = "first",
                                      .display_name = "First",
                                      .weight = 500'000,
                                      .functions = kWords,
                                      .criteria = kFirst,
                                      .series = kMetricWon},
                                     {.id = "second",
                                      .display_name = "Second",
                                      .weight = 300'000,
                                      .functions = kWords,
                                      .criteria = kSecond,
                                      .series = kMetricExperience},
                                     {.id = "third",
                                      .display_name = "Third",
                                      .weight = 200'000,
                                      .functions = kWords,
                                      .criteria = kThird}};
constexpr Edge kEdges[] = {{"first", "second"}, {"second", "third"}};
constexpr FrameworkData kModel = {.id = "model",
                                  .display_name = "Model",
                                  .version = 3,
                                  .period_days = 10,
                                  .dimensions = kDimensions,
                                  .edges = kEdges};

Quotient Value(int64_t numerator, int64_t denominator = 1) {
  return MakeQuotient(numerator, denominator).value();
}

v1::Scorecard Asked() {
  v1::Scorecard scorecard;
  *scorecard.mutable_as_of_time() =
      ToTimestamp(absl::FromUnixSeconds(2'000'000'000));
  return scorecard;
}

v1::Scorecard Fill(const Measurements& measurements, const Series& series = {},
                   v1::Scorecard scorecard = Asked()) {
  FillScorecard(kModel, measurements, series, scorecard);
  return scorecard;
}

Measurements Retained(int64_t kept, int64_t all) {
  return {{std::string(kMetricRetention),
           {.value = Value(kept, all), .count = all}}};
}

TEST(Scores, StayWithinBoundsAndNeverFallTowardsTheBest) {
  std::mt19937_64 random(7);
  const auto draw = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int round = 0; round < 20'000; ++round) {
    Criterion criterion = kFirst[0];
    do {
      criterion.worst = draw(0, 10'000'000);
      criterion.best = draw(0, 10'000'000);
    } while (criterion.worst == criterion.best);
    const int64_t denominator = draw(1, 1'000'000'000);
    const int64_t one = draw(0, 20 * denominator);
    const int64_t other = draw(0, 20 * denominator);
    const int64_t low = std::min(one, other);
    const int64_t high = std::max(one, other);
    const int32_t at_low = ScoreOf(criterion, Value(low, denominator));
    const int32_t at_high = ScoreOf(criterion, Value(high, denominator));

    EXPECT_GE(std::min(at_low, at_high), 0);
    EXPECT_LE(std::max(at_low, at_high), kWhole);
    if (criterion.best > criterion.worst) {
      EXPECT_LE(at_low, at_high);
    } else {
      EXPECT_GE(at_low, at_high);
    }
  }
}

TEST(Scores, AreExactBetweenWorstAndBest) {
  EXPECT_EQ(ScoreOf(kFirst[0], Value(0)), 0);
  EXPECT_EQ(ScoreOf(kFirst[0], Value(1, 3)), 333'333);
  EXPECT_EQ(ScoreOf(kFirst[0], Value(2, 3)), 666'667);
  EXPECT_EQ(ScoreOf(kFirst[0], Value(5)), kWhole);
  // Less is better: 25 of 100 days.
  EXPECT_EQ(ScoreOf(kFirst[1], Value(25)), 750'000);
  EXPECT_EQ(ScoreOf(kFirst[1], Value(1'000)), 0);
}

TEST(Scores, PF_05_StandardsAreMissedBelowThemOrAboveWhereLessIsBetter) {
  EXPECT_TRUE(MissesStandard(kFirst[0], Value(499'999, 1'000'000)));
  EXPECT_FALSE(MissesStandard(kFirst[0], Value(1, 2)));
  EXPECT_FALSE(MissesStandard(kFirst[1], Value(50)));
  EXPECT_TRUE(MissesStandard(kFirst[1], Value(50'000'001, 1'000'000)));
}

TEST(FillScorecard, LeavesOutWhatHasNoEvidenceAndSaysWhy) {
  Measurements measurements = Retained(3, 4);
  // There are decided opportunities, but none in the period.
  measurements[std::string(kMetricCycleDays)] = {.value = std::nullopt};

  const v1::Scorecard scorecard = Fill(measurements);

  ASSERT_THAT(scorecard.dimensions(), SizeIs(3));
  const auto& first = scorecard.dimensions(0);
  EXPECT_TRUE(first.has_score());
  EXPECT_EQ(first.score_millionths(), 750'000);
  EXPECT_EQ(first.coverage_millionths(), 750'000);
  EXPECT_EQ(first.evidence(0).value(), "3/4");
  EXPECT_EQ(first.evidence(0).count(), 4);
  EXPECT_FALSE(first.evidence(1).measured());
  EXPECT_EQ(first.evidence(1).reason(), "NOTHING_COUNTED");
  EXPECT_FALSE(scorecard.dimensions(1).has_score());
  EXPECT_EQ(scorecard.dimensions(1).evidence(0).reason(), "NO_EVENTS");
  EXPECT_EQ(scorecard.dimensions(1).evidence(0).sources(0), "surveyResponses");
  EXPECT_EQ(scorecard.dimensions(2).evidence(0).reason(), "NO_RESOURCE");
  // As if there were no others, and only three quarters of one half are told.
  EXPECT_EQ(scorecard.score_millionths(), 750'000);
  EXPECT_EQ(scorecard.coverage_millionths(), 375'000);
  EXPECT_EQ(scorecard.framework_version(), 3);
}

TEST(FillScorecard, HasNoScoreWithoutAnyEvidence) {
  const v1::Scorecard scorecard = Fill({});

  EXPECT_FALSE(scorecard.has_score());
  EXPECT_EQ(scorecard.coverage_millionths(), 0);
}

TEST(FillScorecard, TellsThePeriodOfWhatHasOne) {
  const v1::Scorecard scorecard = Fill(Retained(1, 2));

  const auto& retention = scorecard.dimensions(0).evidence(0);
  EXPECT_EQ(FromTimestamp(retention.end_time()) -
                FromTimestamp(retention.start_time()),
            absl::Hours(240));
  EXPECT_FALSE(scorecard.dimensions(2).evidence(0).has_start_time());
}

TEST(FillScorecard, MeansTheDimensionsByTheWeightsThatWereAskedFor) {
  Measurements measurements = Retained(1, 2);
  measurements[std::string(kMetricExperience)] = {.value = Value(1)};
  v1::Scorecard asked = Asked();
  for (const auto& [id, weight] : std::map<std::string, int32_t>{
           {"first", 100'000}, {"second", 300'000}, {"third", 600'000}}) {
    auto& added = *asked.add_weights();
    added.set_dimension_id(id);
    added.set_weight_millionths(weight);
  }

  const v1::Scorecard scorecard = Fill(measurements, {}, asked);

  // (0.1 x 0.5 + 0.3 x 1) / 0.4.
  EXPECT_EQ(scorecard.score_millionths(), 875'000);
  EXPECT_EQ(scorecard.dimensions(2).weight_millionths(), 600'000);
}

TEST(CheckWeights, RefusesWhatDoesNotAddUpAndNamesAllOfIt) {
  v1::Scorecard asked;
  EXPECT_THAT(CheckWeights(kModel, asked), IsOk());
  const auto add = [&](const char* id, int32_t weight) {
    auto& added = *asked.add_weights();
    added.set_dimension_id(id);
    added.set_weight_millionths(weight);
  };
  add("first", 500'000);
  add("first", 200'000);
  add("none", 200'000);

  const absl::Status status = CheckWeights(kModel, asked);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  // One twice, one of nothing, two without, and the sum.
  EXPECT_THAT(FieldViolations(status), SizeIs(5));
  asked.clear_weights();
  add("first", 400'000);
  add("second", 400'000);
  add("third", 200'000);
  EXPECT_THAT(CheckWeights(kModel, asked), IsOk());
}

Series MonthsOf(const std::vector<double>& won,
                const std::vector<double>& experience) {
  Series series;
  for (size_t i = 0; i < won.size(); ++i) {
    series[std::string(kMetricWon)][static_cast<int64_t>(i)] = won[i];
  }
  for (size_t i = 0; i < experience.size(); ++i) {
    series[std::string(kMetricExperience)][static_cast<int64_t>(i)] =
        experience[i];
  }
  return series;
}

TEST(Edges, QC_06_AreAsStrongAsBothEndsMoveTogether) {
  const auto measured =
      Fill({}, MonthsOf({1, 2, 3, 4, 5, 6}, {.1, .2, .3, .4, .5, .6}));
  ASSERT_THAT(measured.edges(), SizeIs(2));
  EXPECT_TRUE(measured.edges(0).measured());
  EXPECT_THAT(measured.edges(0).strength(), DoubleNear(1, 1e-12));
  EXPECT_EQ(measured.edges(0).month_count(), 6);
  // Third has no months at all: it says so, and its strength is not told.
  EXPECT_FALSE(measured.edges(1).measured());

  // r = cov / (s s) by hand: means 3.5 and 0.35.
  const auto mixed =
      Fill({}, MonthsOf({1, 2, 3, 4, 5, 6}, {.6, .2, .4, .1, .5, .3}));
  EXPECT_THAT(mixed.edges(0).strength(), DoubleNear(-0.2571428571429, 1e-9));
}

TEST(Edges, QC_06_AreNotMeasuredOverFewOrFlatMonths) {
  EXPECT_FALSE(
      Fill({}, MonthsOf({1, 2, 3, 4, 5}, {1, 2, 3, 4, 5})).edges(0).measured());
  EXPECT_FALSE(Fill({}, MonthsOf({1, 1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6, 7}))
                   .edges(0)
                   .measured());
}

TEST(VerifyScorecard, FindsNothingWhereNothingChanged) {
  const v1::Scorecard stored =
      Fill(Retained(1, 3), MonthsOf({1, 2, 3, 4, 5, 6}, {1, 3, 2, 4, 6, 5}));

  const auto verified = Verify(&kModel, stored, stored);

  EXPECT_TRUE(verified.matches());
  EXPECT_THAT(verified.differences(), IsEmpty());
}

TEST(VerifyScorecard, ID_05_TellsScoresThatTheEvidenceDoesNotComeTo) {
  v1::Scorecard stored = Fill(Retained(1, 3));
  const v1::Scorecard again = stored;
  stored.mutable_dimensions(0)->set_score_millionths(999'999);

  const auto verified = Verify(&kModel, stored, again);

  EXPECT_FALSE(verified.matches());
  ASSERT_THAT(verified.differences(), SizeIs(1));
  EXPECT_EQ(verified.differences(0).kind(), v1::ScorecardDifference::SCORE);
  EXPECT_EQ(verified.differences(0).dimension_id(), "first");
}

TEST(VerifyScorecard, TellsEvidenceThatIsAnotherNow) {
  const v1::Scorecard stored = Fill(Retained(1, 3));
  Measurements later = Retained(2, 3);
  later[std::string(kMetricExperience)] = {.value = Value(1, 2), .count = 8};

  const auto verified = Verify(&kModel, stored, Fill(later));

  ASSERT_THAT(verified.differences(), SizeIs(2));
  EXPECT_EQ(verified.differences(0).kind(), v1::ScorecardDifference::EVIDENCE);
  EXPECT_EQ(verified.differences(0).metric(), kMetricRetention);
  EXPECT_EQ(verified.differences(1).metric(), kMetricExperience);
}

TEST(VerifyScorecard, SaysThatAFrameworkIsNotKnownAnyMore) {
  const v1::Scorecard stored = Fill(Retained(1, 3));

  const auto verified = Verify(nullptr, stored, stored);

  EXPECT_FALSE(verified.matches());
  ASSERT_THAT(verified.differences(), SizeIs(1));
  EXPECT_EQ(verified.differences(0).kind(), v1::ScorecardDifference::FRAMEWORK);
}

TEST(CompareScorecards, TellsChangesOnlyWhereThereAreBothScores) {
  const v1::Scorecard earlier = Fill(Retained(1, 2));
  Measurements measurements = Retained(3, 4);
  measurements[std::string(kMetricExperience)] = {.value = Value(1, 2)};
  const v1::Scorecard later = Fill(measurements);

  const auto compared = Compare(earlier, later);

  ASSERT_THAT(compared, IsOk());
  ASSERT_THAT(compared->dimensions(), SizeIs(3));
  EXPECT_EQ(compared->dimensions(0).change_millionths(), 250'000);
  EXPECT_FALSE(compared->dimensions(1).had_score());
  EXPECT_TRUE(compared->dimensions(1).has_score());
  EXPECT_EQ(compared->dimensions(1).change_millionths(), 0);
  EXPECT_EQ(compared->total().change_millionths(),
            later.score_millionths() - earlier.score_millionths());
}

TEST(CompareScorecards, RefusesAnotherVersion) {
  v1::Scorecard other = Fill(Retained(1, 2));
  other.set_framework_version(2);

  EXPECT_THAT(
      Compare(Fill(Retained(1, 2)), other),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FRAMEWORKS_DIFFER"));
}

}  // namespace
}  // namespace crm::analytical
