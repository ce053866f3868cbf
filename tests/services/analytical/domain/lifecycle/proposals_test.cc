#include "services/analytical/domain/lifecycle/proposals.h"

#include <algorithm>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"

namespace crm::analytical {
namespace {

using testing::BeginJourney;
using testing::Step;
using v1::Lifecycle;
using v1::LifecycleJourney;

absl::Time Day(int day) { return absl::UnixEpoch() + absl::Hours(24 * day); }

std::vector<Lifecycle::Stage> StagesOf(const LifecycleJourney& journey) {
  std::vector<Lifecycle::Stage> stages;
  for (const auto& step : journey.stage_history()) {
    stages.push_back(step.stage());
  }
  return stages;
}

TEST(ProposeNext, NothingForWhoNeverOrdered) {
  EXPECT_FALSE(ProposeNext({}, {}, {}, Day(1'000)).has_value());
  EXPECT_FALSE(ProposeNext({BeginJourney("c", Day(1), {})}, {}, {}, Day(1'000))
                   .has_value());
}

TEST(ProposeNext, AnOrderBeginsARunAndIsItsFirstContact) {
  EXPECT_FALSE(ProposeNext({}, {Day(2)}, {}, Day(1)).has_value());

  const auto begin = ProposeNext({}, {Day(2), Day(1)}, {}, Day(3));
  ASSERT_TRUE(begin.has_value());
  EXPECT_EQ(begin->to, Lifecycle::VIRGIN);
  EXPECT_EQ(begin->journey, "");
  EXPECT_EQ(begin->fact_time, Day(1));

  const auto contact =
      ProposeNext({BeginJourney("c", Day(3), {})}, {Day(2)}, {}, Day(3));
  ASSERT_TRUE(contact.has_value());
  EXPECT_EQ(contact->to, Lifecycle::ACTIVATED);
  EXPECT_EQ(contact->journey, "lifecycleJourneys/c-1");
}

TEST(ProposeNext, InactivityMovesOnAtTheDayOfTheRule) {
  LifecycleJourney journey = BeginJourney("c", Day(0), {});
  ASSERT_TRUE(Step(Lifecycle::ACTIVATED, Day(0), {}, journey));
  const std::vector<absl::Time> orders = {Day(5)};

  EXPECT_FALSE(
      ProposeNext({journey}, orders, {}, Day(35) - absl::Microseconds(1))
          .has_value());
  const auto proposal = ProposeNext({journey}, orders, {}, Day(35));

  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(proposal->to, Lifecycle::UNSTABLE);
  EXPECT_EQ(proposal->reason, ProposalReason::kInactive);
  EXPECT_EQ(proposal->fact_time, Day(5));
  EXPECT_FALSE(ProposeNext({journey}, orders,
                           {.new_prospect = absl::Hours(24 * 31)}, Day(35))
                   .has_value());
}

TEST(TakeProposedSteps, TheOrdersOfARunDecideHowItEnds) {
  std::vector<LifecycleJourney> once;
  std::vector<LifecycleJourney> twice;
  for (int day = 0; day <= 200; ++day) {
    TakeProposedSteps("customers/a", {Day(1)}, {}, Day(day), once);
    TakeProposedSteps("customers/b", {Day(1), Day(2)}, {}, Day(day), twice);
  }

  ASSERT_EQ(once.size(), 1U);
  EXPECT_EQ(once[0].outcome(), Lifecycle::CHURNED);
  EXPECT_EQ(StagesOf(once[0]),
            std::vector<Lifecycle::Stage>(kLifecycleStages.begin(),
                                          kLifecycleStages.end()));
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_EQ(twice[0].outcome(), Lifecycle::COMPLETED_LOYAL);
}

TEST(TakeProposedSteps, TheNextOrderBeginsARunOfTheKindThatFollows) {
  const std::vector<absl::Time> orders = {Day(1), Day(300)};
  std::vector<LifecycleJourney> journeys;
  for (int day = 0; day <= 301; ++day) {
    TakeProposedSteps("customers/a", orders, {}, Day(day), journeys);
  }

  ASSERT_EQ(journeys.size(), 2U);
  EXPECT_EQ(journeys[1].entry_kind(), Lifecycle::SWITCH_BACK);
  EXPECT_EQ(journeys[1].stage(), Lifecycle::ACTIVATED);
}

// Every day of two years the orders that have arrived by then, in an order of
// their own: the runs are the same, to the microsecond.
TEST(TakeProposedSteps, VM_08_AReplayGivesTheSameRuns) {
  std::mt19937_64 random(8);
  std::map<std::string, std::vector<absl::Time>> log;
  for (int i = 0; i < 300; ++i) {
    auto& orders = log[absl::StrCat("customers/", random() % 40)];
    orders.push_back(Day(static_cast<int>(random() % 700)) +
                     absl::Minutes(random() % 1'440));
  }
  const auto replay = [&] {
    std::vector<LifecycleJourney> all;
    for (auto& [customer, orders] : log) {
      std::shuffle(orders.begin(), orders.end(), random);
      std::vector<LifecycleJourney> journeys;
      for (int day = 0; day < 730; ++day) {
        TakeProposedSteps(customer, orders, {}, Day(day), journeys);
      }
      all.insert(all.end(), journeys.begin(), journeys.end());
    }
    std::shuffle(all.begin(), all.end(), random);
    return all;
  };

  std::vector<LifecycleJourney> first = replay();
  const std::vector<LifecycleJourney> second = replay();

  EXPECT_GT(first.size(), log.size());
  EXPECT_EQ(HashJourneys(first), HashJourneys(second));
  for (const LifecycleJourney& journey : first) {
    for (int i = 1; i < journey.stage_history_size(); ++i) {
      EXPECT_TRUE(IsLegalEdge(journey.entry_kind(),
                              journey.stage_history(i - 1).stage(),
                              journey.stage_history(i).stage()));
    }
  }
  first[0].mutable_stage_history(0)->mutable_enter_time()->set_nanos(1'000);
  EXPECT_NE(HashJourneys(first), HashJourneys(second));
}

}  // namespace
}  // namespace crm::analytical
