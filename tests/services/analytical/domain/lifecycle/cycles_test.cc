#include "services/analytical/domain/lifecycle/cycles.h"

#include <algorithm>
#include <random>

#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/durations.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"

namespace crm::analytical {
namespace {

using testing::RandomJourneys;

TEST(MeasureCycles, CY_02_ClosingsAreOneLessThanTheRuns) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 100; ++round) {
    auto journeys = RandomJourneys("customers/ada", 6, random);
    absl::Duration expected;
    for (size_t i = 1; i < journeys.size(); ++i) {
      expected += FromTimestamp(journeys[i].stage_history(0).enter_time()) -
                  FromTimestamp(journeys[i - 1].stage_history(0).enter_time());
    }
    std::shuffle(journeys.begin(), journeys.end(), random);

    const v1::LifecycleCycles cycles = MeasureCycles(journeys);

    const auto runs = static_cast<int64_t>(journeys.size());
    EXPECT_EQ(cycles.journey_count(), runs);
    EXPECT_EQ(cycles.closing_count(), std::max<int64_t>(runs - 1, 0));
    absl::Duration sum;
    for (const v1::LifecycleLoop& loop : cycles.loops()) {
      sum += FromProtoDuration(loop.loop());
      EXPECT_GE(FromProtoDuration(loop.loop()), FromProtoDuration(loop.gap()));
    }
    EXPECT_EQ(sum, expected);
    EXPECT_EQ(cycles.has_mean_loop(), runs > 1);
    if (runs > 1) {
      EXPECT_EQ(FromProtoDuration(cycles.mean_loop()), expected / (runs - 1));
    }
  }
}

}  // namespace
}  // namespace crm::analytical
