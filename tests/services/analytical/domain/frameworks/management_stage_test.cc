#include "services/analytical/domain/frameworks/management_stage.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;
using v1::ManagementActivity;

absl::Time At(int minutes) {
  return absl::UnixEpoch() + absl::Minutes(minutes);
}

CustomerRun MakeRun(const char* journey, int contact, int end,
                    Lifecycle::Outcome outcome) {
  return {.journey = journey,
          .contact_time = At(contact),
          .end_time = At(end),
          .outcome = outcome};
}

TEST(ManagementStage, QC_05_GoesByWhatTheCustomerHadBeenThrough) {
  const CustomerPast past = {.first_order_time = At(20),
                             .first_opportunity_time = At(10)};

  EXPECT_EQ(StageOf(At(9), past).stage, ManagementActivity::APPROACH);
  EXPECT_EQ(StageOf(At(10), past).stage, ManagementActivity::ACQUIRE);
  EXPECT_EQ(StageOf(At(19), past).stage, ManagementActivity::ACQUIRE);
  EXPECT_EQ(StageOf(At(20), past).stage, ManagementActivity::RETAIN);
  EXPECT_EQ(StageOf(At(20), past).journey, "");
  EXPECT_EQ(StageOf(At(99), {}).stage, ManagementActivity::APPROACH);
}

TEST(ManagementStage, QC_05_VM_05_WinsBackFromChurnToTheNextContact) {
  CustomerPast past = {.first_order_time = At(20)};
  past.runs = {
      MakeRun("lifecycleJourneys/b", 60, 90, Lifecycle::COMPLETED_LOYAL),
      MakeRun("lifecycleJourneys/a", 10, 40, Lifecycle::CHURNED)};

  EXPECT_EQ(StageOf(At(39), past).stage, ManagementActivity::RETAIN);
  EXPECT_EQ(StageOf(At(40), past).stage, ManagementActivity::WIN_BACK);
  EXPECT_EQ(StageOf(At(59), past).stage, ManagementActivity::WIN_BACK);
  EXPECT_EQ(StageOf(At(59), past).journey, "lifecycleJourneys/a");
  EXPECT_EQ(StageOf(At(60), past).stage, ManagementActivity::RETAIN);
  EXPECT_EQ(StageOf(At(90), past).journey, "lifecycleJourneys/b");
  // A repeat with a loyal customer, which the lifecycle calls WIN_BACK, wins
  // nobody back who was lost.
  EXPECT_EQ(StageOf(At(95), past).stage, ManagementActivity::RETAIN);
}

TEST(ManagementStage, QC_05_OtherEndsSayNothing) {
  for (const auto outcome :
       {Lifecycle::WITHDRAWN, Lifecycle::MERGED, Lifecycle::ERASED}) {
    CustomerPast past;
    past.runs = {MakeRun("lifecycleJourneys/a", 10, 40, outcome)};
    EXPECT_EQ(StageOf(At(50), past).stage, ManagementActivity::APPROACH);
    EXPECT_EQ(StageOf(At(50), past).journey, "");
  }
}

// Tells the same by going through all that happened, in its order.
ManagementActivity::Stage Replayed(
    absl::Time time, const std::vector<v1::LifecycleJourney>& journeys,
    const CustomerPast& past) {
  std::vector<std::pair<absl::Time, ManagementActivity::Stage>> turns;
  for (const v1::LifecycleJourney& journey : journeys) {
    const bool had_contact =
        journey.stage_history_size() > 1 &&
        journey.stage_history(1).stage() == Lifecycle::ACTIVATED;
    if (!had_contact) continue;
    turns.emplace_back(FromTimestamp(journey.stage_history(1).enter_time()),
                       ManagementActivity::STAGE_UNSPECIFIED);
    const auto& last = *journey.stage_history().rbegin();
    if (last.stage() != Lifecycle::TERMINATED) continue;
    const auto stage = journey.outcome() == Lifecycle::CHURNED
                           ? ManagementActivity::WIN_BACK
                       : journey.outcome() == Lifecycle::COMPLETED_LOYAL
                           ? ManagementActivity::RETAIN
                           : ManagementActivity::STAGE_UNSPECIFIED;
    turns.emplace_back(FromTimestamp(last.enter_time()), stage);
  }
  std::stable_sort(
      turns.begin(), turns.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  auto stage = ManagementActivity::STAGE_UNSPECIFIED;
  for (const auto& [instant, turn] : turns) {
    if (instant <= time) stage = turn;
  }
  if (stage != ManagementActivity::STAGE_UNSPECIFIED) return stage;
  if (past.first_order_time.has_value() && *past.first_order_time <= time) {
    return ManagementActivity::RETAIN;
  }
  return past.first_opportunity_time.has_value() &&
                 *past.first_opportunity_time <= time
             ? ManagementActivity::ACQUIRE
             : ManagementActivity::APPROACH;
}

TEST(ManagementStage, QC_05_EveryActivityHasExactlyOneStage) {
  std::mt19937_64 random(7);
  std::set<ManagementActivity::Stage> seen;
  for (int round = 0; round < 300; ++round) {
    const auto journeys = testing::RandomJourneys("customers/ada", 4, random);
    CustomerPast past;
    for (const v1::LifecycleJourney& journey : journeys) {
      past.runs.push_back(RunOf(journey));
    }
    std::shuffle(past.runs.begin(), past.runs.end(), random);
    const auto draw = [&] { return static_cast<int>(random() % 1'000'000); };
    if (random() % 2 == 0) past.first_order_time = At(draw());
    if (random() % 2 == 0) past.first_opportunity_time = At(draw());
    for (int i = 0; i < 20; ++i) {
      const absl::Time time = At(draw());
      const StagedActivity staged = StageOf(time, past);
      EXPECT_EQ(staged.stage, Replayed(time, journeys, past)) << round;
      seen.insert(staged.stage);
    }
  }
  EXPECT_EQ(seen.size(), 4u);
}

}  // namespace
}  // namespace crm::analytical
