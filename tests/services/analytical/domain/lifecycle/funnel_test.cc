#include "services/analytical/domain/lifecycle/funnel.h"

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/durations.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"

namespace crm::analytical {
namespace {

using testing::BeginJourney;
using testing::RandomJourneys;
using testing::Step;
using v1::Lifecycle;
using v1::LifecycleJourney;

absl::Time Day(int day) { return absl::UnixEpoch() + absl::Hours(24 * day); }

std::vector<LifecycleJourney> Population(uint64_t seed, int customers) {
  std::mt19937_64 random(seed);
  std::vector<LifecycleJourney> all;
  for (int i = 0; i < customers; ++i) {
    for (const auto& journey :
         RandomJourneys(absl::StrCat("customers/", i), 4, random)) {
      all.push_back(journey);
    }
  }
  return all;
}

v1::LifecycleFunnel Measure(const std::vector<LifecycleJourney>& journeys,
                            absl::Time start, absl::Time end) {
  LifecycleFunnelCounter counter(start, end);
  for (const LifecycleJourney& journey : journeys) counter.Add(journey);
  return counter.Result();
}

TEST(LifecycleFunnel, VM_09_InflowMinusOutflowIsTheChangeOfStock) {
  std::mt19937_64 random(20261128);
  for (int round = 0; round < 40; ++round) {
    const auto journeys = Population(random(), 30);
    const int start = static_cast<int>(random() % 400);
    const int end = start + 1 + static_cast<int>(random() % 400);

    const auto funnel = Measure(journeys, Day(start), Day(end));

    int64_t flow = 0;
    for (const v1::LifecycleStageFlow& stage : funnel.stages()) {
      EXPECT_EQ(stage.inflow_count() - stage.outflow_count(),
                stage.end_count() - stage.start_count())
          << round << " " << stage.DebugString();
      flow += stage.inflow_count();
    }
    EXPECT_GT(flow, 0) << round;
  }
}

TEST(LifecycleFunnel, VM_09_PeriodsThatMeetAddUp) {
  const auto journeys = Population(7, 60);

  const auto first = Measure(journeys, absl::InfinitePast(), Day(100));
  const auto second = Measure(journeys, Day(100), Day(300));
  const auto whole = Measure(journeys, absl::InfinitePast(), Day(300));

  for (int i = 0; i < whole.stages_size(); ++i) {
    EXPECT_EQ(first.stages(i).end_count(), second.stages(i).start_count());
    EXPECT_EQ(first.stages(i).inflow_count() + second.stages(i).inflow_count(),
              whole.stages(i).inflow_count());
    EXPECT_EQ(
        first.stages(i).outflow_count() + second.stages(i).outflow_count(),
        whole.stages(i).outflow_count());
  }
  for (int i = 0; i < whole.edges_size(); ++i) {
    EXPECT_EQ(first.edges(i).count() + second.edges(i).count(),
              whole.edges(i).count());
  }
}

TEST(LifecycleFunnel, CountsEdgesByKindAndHowLongStagesLasted) {
  std::vector<LifecycleJourney> journeys;
  // Two become active, after 1 and 3 days; a third stays as it is.
  for (int i = 0; i < 3; ++i) {
    LifecycleJourney journey =
        BeginJourney(absl::StrCat("customers/", i), Day(0), {});
    if (i < 2) {
      ASSERT_TRUE(Step(Lifecycle::ACTIVATED, Day(1 + 2 * i), {}, journey));
    }
    journeys.push_back(journey);
  }

  const auto funnel = Measure(journeys, Day(0), Day(10));

  EXPECT_EQ(funnel.stages(0).inflow_count(), 3);
  EXPECT_EQ(funnel.stages(0).outflow_count(), 2);
  EXPECT_EQ(funnel.stages(0).end_count(), 1);
  EXPECT_EQ(FromProtoDuration(funnel.stages(0).mean_dwell()), absl::Hours(48));
  EXPECT_FALSE(funnel.stages(1).has_mean_dwell());
  const v1::LifecycleEdgeFlow& edge = funnel.edges(0);
  EXPECT_EQ(edge.entry_kind(), Lifecycle::NEW_PROSPECT);
  EXPECT_EQ(edge.count(), 2);
  EXPECT_EQ(edge.reached_count(), 3);
  EXPECT_DOUBLE_EQ(edge.conversion(), 2.0 / 3);
  // Nobody was LATENT, which is not a conversion of 0.
  EXPECT_FALSE(funnel.edges(3).has_conversion());
}

TEST(LifecycleFunnel, AStepAtTheEndBelongsToTheNextPeriod) {
  const std::vector<LifecycleJourney> journeys = {
      BeginJourney("customers/a", Day(5), {})};

  EXPECT_EQ(Measure(journeys, Day(0), Day(5)).stages(0).inflow_count(), 0);
  EXPECT_EQ(Measure(journeys, Day(5), Day(6)).stages(0).inflow_count(), 1);
}

}  // namespace
}  // namespace crm::analytical
