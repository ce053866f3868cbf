#include "services/analytical/domain/frameworks/weighted_mean.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(WeightedMean, WeighsWhatHasAShare) {
  const WeightedMean mean =
      MeanOf({{750'000, Share{1, 2}}, {250'000, Share{1, 1}}});

  EXPECT_THAT(mean.score_millionths, Optional(625'000));
  EXPECT_EQ(mean.coverage_millionths, 1'000'000);
}

TEST(WeightedMean, LeavesOutWhatHasNone) {
  const WeightedMean mean =
      MeanOf({{600'000, std::nullopt}, {400'000, Share{3, 4}}});

  EXPECT_THAT(mean.score_millionths, Optional(750'000));
  EXPECT_EQ(mean.coverage_millionths, 400'000);
}

TEST(WeightedMean, IsNothingWithoutAShareAndZeroOnlyIfAllAre) {
  EXPECT_THAT(MeanOf({}).score_millionths, Eq(std::nullopt));
  EXPECT_THAT(MeanOf({{1'000'000, std::nullopt}}).score_millionths,
              Eq(std::nullopt));
  EXPECT_THAT(MeanOf({{1'000'000, Share{0, 5}}}).score_millionths, Optional(0));
}

TEST(WeightedMean, RoundsHalfToEven) {
  // 0.0000005 and 0.0000015.
  EXPECT_THAT(
      MeanOf({{1, Share{1, 2}}, {999'999, Share{0, 1}}}).score_millionths,
      Optional(0));
  EXPECT_THAT(
      MeanOf({{3, Share{1, 2}}, {999'997, Share{0, 1}}}).score_millionths,
      Optional(2));
}

TEST(WeightedMean, IsThatOfFloatingPointAndLiesBetweenItsParts) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<WeightedPart> parts(1 + random() % 50);
    double sum = 0, weight = 0, all = 0, least = 1, most = 0;
    for (WeightedPart& part : parts) {
      part.weight_millionths = static_cast<int32_t>(1 + random() % 1'000'000);
      all += part.weight_millionths;
      if (random() % 4 == 0) continue;
      const auto best = static_cast<int64_t>(1 + random() % 100);
      part.share = Share{static_cast<int64_t>(random() % (best + 1)), best};
      const double share =
          static_cast<double>(part.share->points) / static_cast<double>(best);
      sum += part.weight_millionths * share;
      weight += part.weight_millionths;
      least = std::min(least, share);
      most = std::max(most, share);
    }
    const WeightedMean mean = MeanOf(parts);
    ASSERT_EQ(mean.score_millionths.has_value(), weight > 0);
    if (weight == 0) continue;
    EXPECT_NEAR(*mean.score_millionths, 1e6 * sum / weight, 0.51);
    EXPECT_NEAR(mean.coverage_millionths, 1e6 * weight / all, 0.51);
    EXPECT_GE(*mean.score_millionths, 1e6 * least - 1);
    EXPECT_LE(*mean.score_millionths, 1e6 * most + 1);
  }
}

}  // namespace
}  // namespace crm::analytical
