#include "services/operational/domain/automation_budget.h"

#include "gtest/gtest.h"
#include "shared/base/clock.h"

namespace crm::operational {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'732'800);

v1::Automation Active(int max_runs_per_hour) {
  v1::Automation automation;
  automation.set_state(v1::Automation::ACTIVE);
  automation.set_max_runs_per_hour(max_runs_per_hour);
  *automation.mutable_activate_time() = ToTimestamp(kNow);
  return automation;
}

TEST(GrantRun, F55_EndsWithTheBudgetOfAWindow) {
  const v1::Automation automation = Active(2);
  std::optional<RunWindow> window;
  for (int run = 1; run <= 2; ++run) {
    const RunGrant grant = GrantRun(automation, window, kNow);
    ASSERT_EQ(grant.time, kNow);
    EXPECT_EQ(grant.window.runs, run);
    window = grant.window;
  }

  const RunGrant spent = GrantRun(automation, window, kNow + absl::Minutes(59));
  EXPECT_EQ(spent.time, std::nullopt);
  EXPECT_EQ(spent.window.runs, 2);

  const RunGrant next = GrantRun(automation, window, kNow + kBudgetWindow);
  EXPECT_EQ(next.time, kNow + kBudgetWindow);
  EXPECT_EQ(next.window.runs, 1);
}

TEST(GrantRun, F55_BeginsAnewWhenItIsActivatedAgain) {
  v1::Automation automation = Active(1);
  const RunWindow spent = {.start = kNow, .runs = 1};
  ASSERT_EQ(GrantRun(automation, spent, kNow).time, std::nullopt);

  const absl::Time later = kNow + absl::Seconds(1);
  *automation.mutable_activate_time() = ToTimestamp(later);

  EXPECT_EQ(GrantRun(automation, spent, later).time, later);
}

TEST(GrantRun, F55_PutsStepsBetweenTheRunsOfAMass) {
  const v1::Automation automation = Active(0);
  const RunWindow busy = {.start = kNow, .runs = kRunBurst};

  EXPECT_EQ(GrantRun(automation, busy, kNow).time, kNow + kRunStep);
  // Whoever comes when the steps are over need not wait.
  EXPECT_EQ(GrantRun(automation, busy, kNow + absl::Minutes(1)).time,
            kNow + absl::Minutes(1));
  EXPECT_EQ(
      GrantRun(automation,
               RunWindow{.start = kNow, .runs = kDefaultRunsPerHour - 1}, kNow)
          .time,
      kNow + (kDefaultRunsPerHour - kRunBurst) * kRunStep);
  EXPECT_EQ(
      GrantRun(automation,
               RunWindow{.start = kNow, .runs = kDefaultRunsPerHour}, kNow)
          .time,
      std::nullopt);
}

TEST(PauseOverBudget, F55_SaysWhyAndLetsWhatWasGrantedEnd) {
  v1::Automation automation = Active(1);
  EXPECT_TRUE(MayRun(automation));

  EXPECT_TRUE(PauseOverBudget(automation, kNow));
  EXPECT_EQ(automation.state(), v1::Automation::PAUSED);
  EXPECT_EQ(automation.pause_reason(), v1::Automation::OVER_BUDGET);
  EXPECT_EQ(FromTimestamp(automation.pause_time()), kNow);
  EXPECT_TRUE(MayRun(automation));
  EXPECT_FALSE(PauseOverBudget(automation, kNow));

  automation.clear_pause_reason();
  EXPECT_FALSE(MayRun(automation));
  automation.set_state(v1::Automation::RETIRED);
  EXPECT_FALSE(MayRun(automation));
}

}  // namespace
}  // namespace crm::operational
