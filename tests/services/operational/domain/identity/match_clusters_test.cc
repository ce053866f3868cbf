#include "services/operational/domain/identity/match_clusters.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::operational {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(KeepOneToOne, GivesTheBestMatchToEach) {
  const auto kept =
      KeepOneToOne({{{0, 5}, 3}, {{0, 6}, 9}, {{1, 6}, 8}, {{1, 7}, 2}});

  ASSERT_EQ(kept.size(), 2);
  EXPECT_EQ(kept[0].pair, (RecordPair{0, 6}));
  EXPECT_EQ(kept[1].pair, (RecordPair{1, 7}));
}

TEST(ClusterMatches, ConnectsWhatMatches) {
  EXPECT_THAT(ClusterMatches({{{0, 1}, 1}, {{4, 5}, 1}, {{1, 3}, 1}}, {}, {}),
              ElementsAre(ElementsAre(0, 1, 3), ElementsAre(4, 5)));
  EXPECT_THAT(ClusterMatches({}, {}, {}), IsEmpty());
}

TEST(ClusterMatches, KeepsApartWhatMustNotBeOne) {
  // 1 matches both 0 and 2, better 2; 0 and 2 are known to be two.
  const RecordPair apart[] = {{2, 0}};

  EXPECT_THAT(ClusterMatches({{{0, 1}, 5}, {{1, 2}, 7}}, {}, apart),
              ElementsAre(ElementsAre(1, 2)));
}

TEST(ClusterMatches, WeighsAMatchAgainstTheDoubtsBesideIt) {
  // 1 matches 2, which is unlike 0, another record of the same.
  const std::vector<MatchedPair> matches = {{{0, 1}, 9}, {{1, 2}, 5}};

  EXPECT_THAT(ClusterMatches(matches, {{{{2, 0}, -4}}}, {}),
              ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_THAT(ClusterMatches(matches, {{{{2, 0}, -6}}}, {}),
              ElementsAre(ElementsAre(0, 1)));
}

TEST(ClusterMatches, MakesNoGroupWithoutBounds) {
  std::vector<MatchedPair> chain;
  for (uint32_t i = 0; i < 2 * kMaxClusterSize; ++i) {
    chain.push_back({{i, i + 1}, 1});
  }

  for (const auto& group : ClusterMatches(chain, {}, {})) {
    EXPECT_LE(group.size(), kMaxClusterSize);
  }
}

}  // namespace
}  // namespace crm::operational
