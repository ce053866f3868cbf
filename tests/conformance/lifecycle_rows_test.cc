// Rows of the capability list on the lifecycle, as callers of the analytical
// service see them.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "shared/base/ids.h"
#include "shared/resource/application.h"
#include "shared/resource/transaction.h"
#include "tests/conformance/lifecycle_calls.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using analytical::kEntryKinds;
using analytical::kLifecycleStages;
using analytical::v1::ActivateLifecycleJourneyRequest;
using analytical::v1::AdvanceLifecycleJourneyRequest;
using analytical::v1::Lifecycle;
using analytical::v1::LifecycleJourney;
using analytical::v1::LifecycleStep;
using analytical::v1::TerminateLifecycleJourneyRequest;
using ::testing::ElementsAre;
using ::testing::Not;

std::map<std::string, std::string> ErrorMetadataOf(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& detail : rpc.details()) {
    google::rpc::ErrorInfo info;
    if (!detail.UnpackTo(&info)) continue;
    metadata.insert(info.metadata().begin(), info.metadata().end());
  }
  return metadata;
}

std::vector<Lifecycle::Stage> StagesOf(const LifecycleJourney& journey) {
  std::vector<Lifecycle::Stage> stages;
  for (const LifecycleStep& step : journey.stage_history()) {
    stages.push_back(step.stage());
  }
  return stages;
}

class LifecycleRows : public LifecycleCalls {
 protected:
  // Stores runs as they are, also such as no call would lead to.
  void Plant(std::vector<LifecycleJourney> journeys) {
    Application application("analytical");
    application.Owns<LifecycleJourney>();
    CallContext call;
    call.principal.tenant = kLifecycleTenant;
    call.principal.subject = "user:test";
    const SystemClock clock;
    IdMaker ids(clock);
    EXPECT_THAT(service_.host().database().WriteAndWait(
                    absl::InfiniteFuture(),
                    [&](SqlWriter& writer) -> absl::Status {
                      Transaction transaction(writer, application.catalog(),
                                              call, ids, clock.Now());
                      for (LifecycleJourney& journey : journeys) {
                        transaction.Create(journey);
                      }
                      return transaction.status();
                    }),
                IsOk());
  }
};

TEST_F(LifecycleRows, VM_01_StartingTwiceWithOneRequestIdIsOneRun) {
  const auto first = Start("ada", "request_id: 'once'");
  const auto repeated = Start("ada", "request_id: 'once'");
  const auto other = Start("ada", "request_id: 'twice'");

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(repeated, IsOk());
  EXPECT_THAT(*repeated, EqualsProto(first->DebugString()));
  EXPECT_EQ(first->stage(), Lifecycle::VIRGIN);
  EXPECT_EQ(first->run(), 1);
  EXPECT_THAT(StagesOf(*first), ElementsAre(Lifecycle::VIRGIN));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Start("bob"), IsOk());
}

TEST_F(LifecycleRows, VM_01_AnotherRunBeginsAfterTheFirstHasEnded) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::CHURNED);

  const auto second = Start("ada");

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->run(), 2);
  EXPECT_THAT(Start("ada"), Not(IsOk()));
}

TEST_F(LifecycleRows, VM_02_TheFirstContactClassifiesByTheEarlierRun) {
  const LifecycleJourney first = RunThrough(
      "ada", {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
      Lifecycle::CHURNED);
  EXPECT_EQ(first.entry_kind(), Lifecycle::NEW_PROSPECT);
  EXPECT_EQ(first.entry_evidence().decisive_journey(), "");
  const auto second = Start("ada");
  ASSERT_THAT(second, IsOk());

  const auto active = Verb<ActivateLifecycleJourneyRequest>(
      "Activate",
      absl::StrCat("name: '", second->name(),
                   "' first_contact_activity: 'activities/call' etag: '",
                   second->etag(), "'"));

  ASSERT_THAT(active, IsOk());
  EXPECT_EQ(active->stage(), Lifecycle::ACTIVATED);
  EXPECT_EQ(active->entry_kind(), Lifecycle::SWITCH_BACK);
  EXPECT_THAT(
      active->entry_evidence(),
      EqualsProto(absl::StrCat("first_contact_activity: 'activities/call' "
                               "decisive_outcome: CHURNED decisive_journey: '",
                               first.name(), "'")));
  EXPECT_THAT(Verb<ActivateLifecycleJourneyRequest>(
                  "Activate", absl::StrCat("name: '", second->name(), "'")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_STAGE"));
}

// Each kind of entry, each stage, each step: 75. Runs that are where no call
// leads are stored as they are.
TEST_F(LifecycleRows, VM_03_NineOfSeventyFiveStepsSucceed) {
  std::vector<LifecycleJourney> planted;
  std::vector<std::pair<Lifecycle::EntryKind, LifecycleJourney>> starts;
  for (const Lifecycle::EntryKind kind : kEntryKinds) {
    for (const Lifecycle::Stage from : kLifecycleStages) {
      const std::string id = absl::StrCat("c-", kind, "-", from);
      LifecycleJourney earlier;
      earlier.set_customer("customers/" + id);
      earlier.set_name(absl::StrCat("lifecycleJourneys/", id, "-old"));
      earlier.set_stage(Lifecycle::TERMINATED);
      earlier.set_run(1);
      earlier.set_outcome(kind == Lifecycle::NEW_PROSPECT ? Lifecycle::WITHDRAWN
                          : kind == Lifecycle::SWITCH_BACK
                              ? Lifecycle::CHURNED
                              : Lifecycle::COMPLETED_LOYAL);
      LifecycleJourney journey;
      journey.set_customer("customers/" + id);
      journey.set_name(absl::StrCat("lifecycleJourneys/", id));
      journey.set_run(2);
      journey.set_stage(from);
      if (from != Lifecycle::VIRGIN) journey.set_entry_kind(kind);
      planted.push_back(earlier);
      planted.push_back(journey);
      starts.emplace_back(kind, journey);
    }
  }
  Plant(planted);

  int succeeded = 0;
  int refused = 0;
  for (const auto& [kind, journey] : starts) {
    // A step that is refused leaves the run where it was, so the legal one
    // comes last.
    std::vector<Lifecycle::Stage> steps(kLifecycleStages.begin(),
                                        kLifecycleStages.end());
    std::stable_partition(
        steps.begin(), steps.end(),
        [&, kind = kind, from = journey.stage()](Lifecycle::Stage to) {
          return !analytical::IsLegalEdge(kind, from, to);
        });
    for (const Lifecycle::Stage to : steps) {
      const auto moved = Advance(journey.name(), to);
      if (moved.ok()) {
        ++succeeded;
        EXPECT_EQ(moved->stage(), to);
        EXPECT_EQ(moved->entry_kind(), kind);
        EXPECT_TRUE(analytical::IsLegalEdge(kind, journey.stage(), to));
        continue;
      }
      ++refused;
      EXPECT_THAT(moved, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "ILLEGAL_STAGE"));
      std::string next;
      for (const Lifecycle::Stage stage :
           analytical::NextStages(journey.entry_kind(), journey.stage())) {
        absl::StrAppend(&next, Lifecycle::Stage_Name(stage));
      }
      const auto metadata = ErrorMetadataOf(moved.status());
      EXPECT_EQ(metadata.at("next"), next);
      EXPECT_EQ(metadata.at("stage"), Lifecycle::Stage_Name(journey.stage()));
    }
  }

  EXPECT_EQ(succeeded, 9);
  EXPECT_EQ(refused, 66);
}

TEST_F(LifecycleRows, VM_03_AStaleEtagMovesNothing) {
  const auto journey = Start("ada");
  ASSERT_THAT(journey, IsOk());
  ASSERT_THAT(Advance(journey->name(), Lifecycle::ACTIVATED), IsOk());

  const auto stale = Verb<AdvanceLifecycleJourneyRequest>(
      "Advance",
      absl::StrCat("name: '", journey->name(), "' to_stage: UNSTABLE etag: '",
                   journey->etag(), "'"));

  EXPECT_THAT(stale, StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

TEST_F(LifecycleRows, VM_04_ASwitchBackIsNeverUnstable) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::CHURNED);
  const auto journey = Start("ada");
  ASSERT_THAT(journey, IsOk());
  ASSERT_THAT(Advance(journey->name(), Lifecycle::ACTIVATED), IsOk());
  EXPECT_THAT(Advance(journey->name(), Lifecycle::UNSTABLE), Not(IsOk()));
  ASSERT_THAT(Advance(journey->name(), Lifecycle::LATENT), IsOk());
  EXPECT_THAT(Advance(journey->name(), Lifecycle::UNSTABLE), Not(IsOk()));

  const auto ended = Advance(journey->name(), Lifecycle::TERMINATED);

  ASSERT_THAT(ended, IsOk());
  EXPECT_EQ(ended->entry_kind(), Lifecycle::SWITCH_BACK);
  EXPECT_THAT(StagesOf(*ended),
              ElementsAre(Lifecycle::VIRGIN, Lifecycle::ACTIVATED,
                          Lifecycle::LATENT, Lifecycle::TERMINATED));
}

TEST_F(LifecycleRows, VM_05_AWinBackGoesStraightToTheEnd) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::COMPLETED_LOYAL);

  const LifecycleJourney second =
      RunThrough("ada", {Lifecycle::ACTIVATED}, Lifecycle::COMPLETED_LOYAL);

  EXPECT_EQ(second.entry_kind(), Lifecycle::WIN_BACK);
  EXPECT_THAT(StagesOf(second),
              ElementsAre(Lifecycle::VIRGIN, Lifecycle::ACTIVATED,
                          Lifecycle::TERMINATED));
}

TEST_F(LifecycleRows, VM_06_TheOutcomeDecidesTheKindOfTheNextRun) {
  const struct {
    Lifecycle::Outcome outcome;
    Lifecycle::EntryKind next;
  } cases[] = {{Lifecycle::COMPLETED_LOYAL, Lifecycle::WIN_BACK},
               {Lifecycle::CHURNED, Lifecycle::SWITCH_BACK},
               {Lifecycle::WITHDRAWN, Lifecycle::NEW_PROSPECT},
               {Lifecycle::MERGED, Lifecycle::NEW_PROSPECT},
               {Lifecycle::ERASED, Lifecycle::NEW_PROSPECT}};
  for (const auto& test : cases) {
    const std::string customer =
        absl::StrCat("customer-", static_cast<int>(test.outcome));
    SCOPED_TRACE(Lifecycle::Outcome_Name(test.outcome));

    const LifecycleJourney ended = RunThrough(
        customer,
        {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
        test.outcome);
    const auto next = Start(customer);
    ASSERT_THAT(next, IsOk());
    const auto active = Advance(next->name(), Lifecycle::ACTIVATED);

    EXPECT_EQ(ended.outcome(), test.outcome);
    EXPECT_EQ(ended.stage(), Lifecycle::TERMINATED);
    ASSERT_THAT(active, IsOk());
    EXPECT_EQ(active->entry_kind(), test.next);
  }
}

TEST_F(LifecycleRows, VM_06_AnEndNeedsAnOutcome) {
  const auto journey = Start("ada");
  ASSERT_THAT(journey, IsOk());

  EXPECT_THAT(Verb<TerminateLifecycleJourneyRequest>(
                  "Terminate", absl::StrCat("name: '", journey->name(), "'")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
