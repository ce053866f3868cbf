#include "services/analytical/domain/lifecycle/journey.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::BeginJourney;
using testing::Step;
using v1::Lifecycle;
using v1::LifecycleJourney;

// Earlier runs with these outcomes, 0 for one that is open.
std::vector<LifecycleJourney> Earlier(
    const std::vector<Lifecycle::Outcome>& outcomes) {
  std::vector<LifecycleJourney> journeys;
  for (const Lifecycle::Outcome outcome : outcomes) {
    LifecycleJourney journey;
    journey.set_run(static_cast<int64_t>(journeys.size()) + 1);
    journey.set_name("lifecycleJourneys/" + std::to_string(journey.run()));
    journey.set_outcome(outcome);
    journeys.push_back(journey);
  }
  return journeys;
}

TEST(ClassifyEntry, VM_02_FollowsTheLastRunThatSaysSomething) {
  const struct {
    const char* name;
    std::vector<Lifecycle::Outcome> outcomes;
    Lifecycle::EntryKind kind;
    const char* decisive;
  } cases[] = {
      {"no earlier run", {}, Lifecycle::NEW_PROSPECT, ""},
      {"churned", {Lifecycle::CHURNED}, Lifecycle::SWITCH_BACK, "1"},
      {"loyal", {Lifecycle::COMPLETED_LOYAL}, Lifecycle::WIN_BACK, "1"},
      {"withdrawn", {Lifecycle::WITHDRAWN}, Lifecycle::NEW_PROSPECT, ""},
      {"merged", {Lifecycle::MERGED}, Lifecycle::NEW_PROSPECT, ""},
      {"erased", {Lifecycle::ERASED}, Lifecycle::NEW_PROSPECT, ""},
      {"loyal, then churned",
       {Lifecycle::COMPLETED_LOYAL, Lifecycle::CHURNED},
       Lifecycle::SWITCH_BACK,
       "2"},
      {"churned, then loyal",
       {Lifecycle::CHURNED, Lifecycle::COMPLETED_LOYAL},
       Lifecycle::WIN_BACK,
       "2"},
      {"churned, then withdrawn",
       {Lifecycle::CHURNED, Lifecycle::WITHDRAWN},
       Lifecycle::SWITCH_BACK,
       "1"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    std::vector<LifecycleJourney> journeys = Earlier(test.outcomes);
    const auto run = static_cast<int64_t>(journeys.size()) + 1;
    // The order in which they are found does not matter.
    std::reverse(journeys.begin(), journeys.end());

    const EntryClass entry = ClassifyEntry(journeys, run);

    EXPECT_EQ(entry.kind, test.kind);
    const std::string decisive = test.decisive;
    EXPECT_EQ(entry.decisive_journey,
              decisive.empty() ? "" : "lifecycleJourneys/" + decisive);
  }
}

TEST(ClassifyEntry, DoesNotLookAtLaterRuns) {
  EXPECT_EQ(ClassifyEntry(Earlier({Lifecycle::WITHDRAWN, Lifecycle::CHURNED}),
                          /*run=*/2)
                .kind,
            Lifecycle::NEW_PROSPECT);
}

TEST(PrepareLifecycleJourney, BeginsInVirginWhateverWasSent) {
  LifecycleJourney journey;
  journey.set_customer("customers/ada");
  journey.set_outcome(Lifecycle::CHURNED);
  journey.set_entry_kind(Lifecycle::WIN_BACK);
  journey.add_stage_history()->set_stage(Lifecycle::LATENT);
  RuleContext context;
  context.now = absl::FromUnixSeconds(7);

  ASSERT_THAT(PrepareLifecycleJourney(nullptr, journey, context), IsOk());

  EXPECT_THAT(journey, EqualsProto(R"pb(
                customer: 'customers/ada'
                open_customer: 'customers/ada'
                stage: VIRGIN
                stage_history {
                  stage: VIRGIN
                  enter_time { seconds: 7 }
                })pb"));
}

TEST(MoveJourney, ActivatesWithEvidence) {
  LifecycleJourney old = BeginJourney("c", absl::UnixEpoch(), {});
  ASSERT_TRUE(Step(Lifecycle::ACTIVATED, absl::FromUnixSeconds(1), {}, old));
  ASSERT_TRUE(Step(Lifecycle::UNSTABLE, absl::FromUnixSeconds(2), {}, old));
  ASSERT_TRUE(Step(Lifecycle::LATENT, absl::FromUnixSeconds(3), {}, old));
  ASSERT_TRUE(Step(Lifecycle::TERMINATED, absl::FromUnixSeconds(4), {}, old,
                   Lifecycle::CHURNED));
  EXPECT_EQ(old.open_customer(), "");
  LifecycleJourney journey = BeginJourney("c", absl::FromUnixSeconds(5), {old});

  ASSERT_THAT(MoveJourney({old, journey},
                          {.to = Lifecycle::ACTIVATED,
                           .first_contact_activity = "activities/call",
                           .time = absl::FromUnixSeconds(6)},
                          journey),
              IsOk());

  EXPECT_EQ(journey.run(), 2);
  EXPECT_EQ(journey.entry_kind(), Lifecycle::SWITCH_BACK);
  EXPECT_THAT(journey.entry_evidence(), EqualsProto(R"pb(
                first_contact_activity: 'activities/call'
                decisive_journey: 'lifecycleJourneys/c-1'
                decisive_outcome: CHURNED)pb"));
}

TEST(MoveJourney, RefusesWithTheLegalStagesAndChangesNothing) {
  LifecycleJourney journey = BeginJourney("c", absl::UnixEpoch(), {});
  ASSERT_TRUE(
      Step(Lifecycle::ACTIVATED, absl::FromUnixSeconds(1), {}, journey));
  const LifecycleJourney before = journey;

  const absl::Status status =
      MoveJourney({}, {.to = Lifecycle::LATENT}, journey);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_STAGE"));
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("it can become UNSTABLE"));
  EXPECT_THAT(journey, EqualsProto(before.DebugString()));
}

TEST(MoveJourney, WantsAnOutcomeForTheEndOnly) {
  LifecycleJourney journey = BeginJourney("c", absl::UnixEpoch(), {});

  EXPECT_THAT(
      MoveJourney({},
                  {.to = Lifecycle::ACTIVATED, .outcome = Lifecycle::CHURNED},
                  journey),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(MoveJourney({}, {.to = Lifecycle::STAGE_UNSPECIFIED}, journey),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  journey.set_entry_kind(Lifecycle::WIN_BACK);
  journey.set_stage(Lifecycle::ACTIVATED);
  EXPECT_THAT(MoveJourney({}, {.to = Lifecycle::TERMINATED}, journey),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::analytical
