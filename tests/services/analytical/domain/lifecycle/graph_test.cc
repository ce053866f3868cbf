#include "services/analytical/domain/lifecycle/graph.h"

#include <random>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/durations.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using testing::BeginJourney;
using ::testing::ElementsAre;
using testing::RandomJourneys;
using testing::Step;
using v1::Lifecycle;
using v1::LifecycleJourney;

using Edge = std::tuple<int, int, int, int64_t>;

std::multiset<Edge> Edges(const v1::LifecycleGraph& graph, bool with_closing) {
  std::multiset<Edge> edges;
  for (const v1::LifecycleEdge& edge : graph.edges()) {
    if (edge.kind() == Lifecycle::CLOSING && !with_closing) continue;
    edges.emplace(edge.from_stage(), edge.to_stage(), edge.kind(),
                  edge.count());
  }
  return edges;
}

TEST(LifecycleGraph, CY_01_TheRingHasTheEdgesOfTheRowAndTheClosingOne) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    LifecycleGraphCounter counter(absl::FromUnixSeconds(2'000'000'000));
    int64_t closings = 0;
    std::multiset<std::pair<int, int>> steps;
    for (int i = 0; i < 20; ++i) {
      const auto journeys =
          RandomJourneys(absl::StrCat("customers/", i), 4, random);
      closings += std::max<int64_t>(std::ssize(journeys) - 1, 0);
      for (const LifecycleJourney& journey : journeys) {
        counter.Add(journey);
        for (int j = 1; j < journey.stage_history_size(); ++j) {
          steps.emplace(journey.stage_history(j - 1).stage(),
                        journey.stage_history(j).stage());
        }
      }
    }

    const auto row = counter.Result(Lifecycle::LINEAR, DefaultStageNames());
    const auto ring = counter.Result(Lifecycle::CYCLIC, DefaultStageNames());

    EXPECT_EQ(Edges(row, true), Edges(ring, false));
    ASSERT_EQ(ring.edges_size(), row.edges_size() + 1);
    EXPECT_EQ(ring.edges().rbegin()->kind(), Lifecycle::CLOSING);
    EXPECT_EQ(ring.edges().rbegin()->count(), closings);
    int64_t drawn = 0;
    for (const v1::LifecycleEdge& edge : row.edges()) {
      drawn += edge.count();
      EXPECT_EQ(edge.count(), static_cast<int64_t>(steps.count(
                                  {edge.from_stage(), edge.to_stage()})));
    }
    EXPECT_EQ(drawn, std::ssize(steps));
  }
}

TEST(LifecycleGraph, CY_01_BranchesAreChords) {
  const auto graph = LifecycleGraphCounter(absl::UnixEpoch())
                         .Result(Lifecycle::CYCLIC, DefaultStageNames());

  std::multiset<Edge> expected = {
      {Lifecycle::VIRGIN, Lifecycle::ACTIVATED, Lifecycle::RING, 0},
      {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::RING, 0},
      {Lifecycle::UNSTABLE, Lifecycle::LATENT, Lifecycle::RING, 0},
      {Lifecycle::LATENT, Lifecycle::TERMINATED, Lifecycle::RING, 0},
      {Lifecycle::ACTIVATED, Lifecycle::LATENT, Lifecycle::CHORD, 0},
      {Lifecycle::ACTIVATED, Lifecycle::TERMINATED, Lifecycle::CHORD, 0},
      {Lifecycle::TERMINATED, Lifecycle::VIRGIN, Lifecycle::CLOSING, 0}};
  EXPECT_EQ(Edges(graph, true), expected);
}

TEST(LifecycleGraph, CountsWhoIsWhereAndForHowLong) {
  const auto at = [](int days) {
    return absl::UnixEpoch() + absl::Hours(24 * days);
  };
  LifecycleJourney moved = BeginJourney("customers/a", at(0), {});
  ASSERT_TRUE(Step(Lifecycle::ACTIVATED, at(2), {}, moved));
  LifecycleGraphCounter counter(at(10));
  counter.Add(moved);
  counter.Add(BeginJourney("customers/b", at(6), {}));

  const auto graph = counter.Result(Lifecycle::LINEAR, DefaultStageNames());

  EXPECT_EQ(graph.journey_count(), 2);
  EXPECT_THAT(graph.nodes(0), crm::testing::EqualsProto(R"pb(
                stage: VIRGIN
                display_name: 'New'
                journey_count: 1
                visit_count: 2
                mean_dwell { seconds: 259200 })pb"));
  EXPECT_THAT(graph.nodes(1), crm::testing::EqualsProto(R"pb(
                stage: ACTIVATED
                display_name: 'Activated'
                journey_count: 1
                visit_count: 1
                mean_dwell { seconds: 691200 })pb"));
  EXPECT_THAT(graph.nodes(2), crm::testing::EqualsProto(
                                  "stage: UNSTABLE display_name: 'Unstable'"));
}

TEST(NamesOf, TakesTheDefaultForWhatIsLeftOut) {
  v1::LifecycleVocabulary vocabulary;
  vocabulary.set_virgin_name("Neu");
  vocabulary.set_latent_name("Still");

  EXPECT_THAT(NamesOf(vocabulary), ElementsAre("Neu", "Activated", "Unstable",
                                               "Still", "Terminated"));
}

TEST(LifecycleGraph, CY_03_NamesChangeNothingElse) {
  std::mt19937_64 random(3);
  LifecycleGraphCounter counter(absl::FromUnixSeconds(2'000'000'000));
  for (const auto& journey : RandomJourneys("customers/a", 5, random)) {
    counter.Add(journey);
  }

  auto plain = counter.Result(Lifecycle::LINEAR, DefaultStageNames());
  auto renamed =
      counter.Result(Lifecycle::LINEAR, {"Neu", "Aktiv", "?", "Still", "Aus"});

  EXPECT_EQ(renamed.nodes(0).display_name(), "Neu");
  for (auto& node : *plain.mutable_nodes()) node.clear_display_name();
  for (auto& node : *renamed.mutable_nodes()) node.clear_display_name();
  EXPECT_THAT(renamed, crm::testing::EqualsProto(plain.DebugString()));
}

}  // namespace
}  // namespace crm::analytical
