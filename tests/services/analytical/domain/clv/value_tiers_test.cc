#include "services/analytical/domain/clv/value_tiers.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

using v1::ClvScore;

TEST(FindTierBoundaries, TakesTheBestPartsOfTheCustomers) {
  std::vector<absl::int128> values(100);
  std::iota(values.begin(), values.end(), 1);
  std::shuffle(values.begin(), values.end(), std::mt19937(3));

  const TierBoundaries boundaries = FindTierBoundaries(values);

  EXPECT_EQ(boundaries, (TierBoundaries{.middle = 51, .high = 81, .top = 96}));
  std::map<ClvScore::ValueTier, int> counts;
  for (const absl::int128 value : values) ++counts[TierOf(boundaries, value)];
  EXPECT_EQ(counts[ClvScore::LOW], 50);
  EXPECT_EQ(counts[ClvScore::MIDDLE], 30);
  EXPECT_EQ(counts[ClvScore::HIGH], 15);
  EXPECT_EQ(counts[ClvScore::TOP], 5);
}

TEST(FindTierBoundaries, RoundsUp) {
  EXPECT_EQ(FindTierBoundaries({7}),
            (TierBoundaries{.middle = 7, .high = 7, .top = 7}));
  EXPECT_EQ(FindTierBoundaries({1, 2, 3, 4, 5, 6}),
            (TierBoundaries{.middle = 4, .high = 5, .top = 6}));
}

TEST(FindTierBoundaries, HasEqualValuesInOneTier) {
  const TierBoundaries boundaries = FindTierBoundaries({1, 1, 1, 1, 9, 9, 9});

  EXPECT_EQ(TierOf(boundaries, 9), ClvScore::TOP);
  EXPECT_EQ(TierOf(boundaries, 1), ClvScore::MIDDLE);
}

TEST(TierOf, BeginsATierAtItsBoundary) {
  const TierBoundaries boundaries = {.middle = 10, .high = 20, .top = 30};

  EXPECT_EQ(TierOf(boundaries, -5), ClvScore::LOW);
  EXPECT_EQ(TierOf(boundaries, 9), ClvScore::LOW);
  EXPECT_EQ(TierOf(boundaries, 10), ClvScore::MIDDLE);
  EXPECT_EQ(TierOf(boundaries, 20), ClvScore::HIGH);
  EXPECT_EQ(TierOf(boundaries, 29), ClvScore::HIGH);
  EXPECT_EQ(TierOf(boundaries, 30), ClvScore::TOP);
}

}  // namespace
}  // namespace crm::analytical
