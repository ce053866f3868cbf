// Rows of the capability list on the lifecycle, as callers of the analytical
// service see them.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/lifecycle_vocabulary.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/analytical/app.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "shared/base/ids.h"
#include "shared/resource/application.h"
#include "shared/resource/transaction.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

using analytical::kEntryKinds;
using analytical::kLifecycleStages;
using analytical::v1::ActivateLifecycleJourneyRequest;
using analytical::v1::AdvanceLifecycleJourneyRequest;
using analytical::v1::CreateLifecycleJourneyRequest;
using analytical::v1::CreateLifecycleVocabularyRequest;
using analytical::v1::GetLifecycleJourneyRequest;
using analytical::v1::Lifecycle;
using analytical::v1::LifecycleCycles;
using analytical::v1::LifecycleFunnel;
using analytical::v1::LifecycleGraph;
using analytical::v1::LifecycleJourney;
using analytical::v1::LifecycleStep;
using analytical::v1::LifecycleVocabulary;
using analytical::v1::MeasureLifecycleCyclesRequest;
using analytical::v1::MeasureLifecycleFunnelRequest;
using analytical::v1::RenderLifecycleRequest;
using analytical::v1::TerminateLifecycleJourneyRequest;
using analytical::v1::UpdateLifecycleVocabularyRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTenant[] = "acme";

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

class LifecycleRows : public ::testing::Test {
 protected:
  LifecycleRows()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Customers belong to a service that is absent.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }),
        token_(authority_.Token(kTenant, "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const Request& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.LifecycleJourneyService.", method),
        request, {.token = token_});
  }

  template <typename Request>
  absl::StatusOr<LifecycleJourney> Verb(absl::string_view verb,
                                        absl::string_view text) {
    return Call<LifecycleJourney>(absl::StrCat(verb, "LifecycleJourney"),
                                  Proto<Request>(text));
  }

  absl::StatusOr<LifecycleJourney> Start(absl::string_view customer,
                                         absl::string_view more = "") {
    return Verb<CreateLifecycleJourneyRequest>(
        "Create", absl::StrCat("lifecycle_journey { customer: 'customers/",
                               customer, "' } ", more));
  }

  absl::StatusOr<LifecycleJourney> Advance(const std::string& name,
                                           Lifecycle::Stage to) {
    AdvanceLifecycleJourneyRequest request;
    request.set_name(name);
    request.set_to_stage(to);
    if (to == Lifecycle::TERMINATED) request.set_outcome(Lifecycle::CHURNED);
    return Call<LifecycleJourney>("AdvanceLifecycleJourney", request);
  }

  // Runs a new journey through `stages` to its end.
  LifecycleJourney RunThrough(absl::string_view customer,
                              const std::vector<Lifecycle::Stage>& stages,
                              Lifecycle::Outcome outcome) {
    auto journey = Start(customer);
    EXPECT_THAT(journey, IsOk());
    if (!journey.ok()) return {};
    const std::string name = journey->name();
    for (const Lifecycle::Stage stage : stages) {
      EXPECT_THAT(Advance(name, stage), IsOk());
    }
    journey = Verb<TerminateLifecycleJourneyRequest>(
        "Terminate", absl::StrCat("name: '", name, "' outcome: ",
                                  Lifecycle::Outcome_Name(outcome)));
    EXPECT_THAT(journey, IsOk());
    return journey.ok() ? *journey : LifecycleJourney();
  }

  // Stores runs as they are, also such as no call would lead to.
  void Plant(std::vector<LifecycleJourney> journeys) {
    Application application("analytical");
    application.Owns<LifecycleJourney>();
    CallContext call;
    call.principal.tenant = kTenant;
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

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
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

TEST_F(LifecycleRows, VM_09_TheFunnelAgreesWithTheRuns) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::CHURNED);
  const auto second = Start("ada");
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(Advance(second->name(), Lifecycle::ACTIVATED), IsOk());
  ASSERT_THAT(Start("bob"), IsOk());

  const auto funnel = Call<LifecycleFunnel>(
      "MeasureLifecycleFunnel", Proto<MeasureLifecycleFunnelRequest>(
                                    "end_time { seconds: 32503680000 }"));
  const auto backwards = Call<LifecycleFunnel>(
      "MeasureLifecycleFunnel",
      Proto<MeasureLifecycleFunnelRequest>(
          "start_time { seconds: 5 } end_time { seconds: 5 }"));

  ASSERT_THAT(funnel, IsOk());
  std::vector<int64_t> now;
  for (const auto& stage : funnel->stages()) {
    EXPECT_EQ(stage.inflow_count() - stage.outflow_count(),
              stage.end_count() - stage.start_count());
    now.push_back(stage.end_count());
  }
  EXPECT_THAT(now, ElementsAre(1, 1, 0, 0, 1));
  EXPECT_THAT(backwards,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(LifecycleRows, CY_01_BothDrawingsShowTheSameRuns) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::COMPLETED_LOYAL);
  RunThrough("ada", {Lifecycle::ACTIVATED}, Lifecycle::COMPLETED_LOYAL);
  ASSERT_THAT(Start("bob"), IsOk());

  const auto row = Call<LifecycleGraph>(
      "RenderLifecycle",
      Proto<RenderLifecycleRequest>("customer: 'customers/ada'"));
  const auto ring = Call<LifecycleGraph>(
      "RenderLifecycle", Proto<RenderLifecycleRequest>(
                             "customer: 'customers/ada' layout: CYCLIC"));
  const auto all =
      Call<LifecycleGraph>("RenderLifecycle", RenderLifecycleRequest());

  ASSERT_THAT(row, IsOk());
  ASSERT_THAT(ring, IsOk());
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(row->journey_count(), 2);
  EXPECT_EQ(all->journey_count(), 3);
  ASSERT_EQ(ring->edges_size(), row->edges_size() + 1);
  for (int i = 0; i < row->edges_size(); ++i) {
    EXPECT_THAT(ring->edges(i), EqualsProto(row->edges(i).DebugString()));
  }
  EXPECT_THAT(ring->edges(row->edges_size()), EqualsProto(R"pb(
                from_stage: TERMINATED
                to_stage: VIRGIN
                kind: CLOSING
                count: 1)pb"));
  EXPECT_EQ(row->edges(0).count(), 2);
  EXPECT_THAT(ring->svg(),
              AllOf(HasSubstr("<svg "), HasSubstr("data-kind=\"CLOSING\"")));
}

// The nine legal edges and the drawing, before and after all stages are
// renamed.
TEST_F(LifecycleRows, CY_03_RenamedStagesChangeNoResult) {
  const auto call = [&](absl::string_view method, const auto& request) {
    return service_.client().Call<LifecycleVocabulary>(
        absl::StrCat("crm.analytical.v1.LifecycleVocabularyService.", method),
        request, {.token = token_});
  };
  ASSERT_THAT(call("CreateLifecycleVocabulary",
                   Proto<CreateLifecycleVocabularyRequest>(
                       "lifecycle_vocabulary_id: 'de' lifecycle_vocabulary { "
                       "display_name: 'Deutsch' latent_name: 'Still' }")),
              IsOk());
  const auto run = [&](absl::string_view customer) {
    LifecycleJourney journey = RunThrough(
        customer,
        {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
        Lifecycle::CHURNED);
    const auto second = Start(customer);
    EXPECT_THAT(second, IsOk());
    EXPECT_THAT(
        Advance(second->name(), Lifecycle::UNSTABLE),
        StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_STAGE"));
    EXPECT_THAT(Advance(second->name(), Lifecycle::ACTIVATED), IsOk());
    auto graph = Call<LifecycleGraph>(
        "RenderLifecycle",
        Proto<RenderLifecycleRequest>(
            absl::StrCat("layout: CYCLIC vocabulary: "
                         "'lifecycleVocabularies/de' customer: 'customers/",
                         customer, "'")));
    EXPECT_THAT(graph, IsOk());
    return graph.ok() ? *graph : LifecycleGraph();
  };

  LifecycleGraph before = run("ada");
  ASSERT_THAT(
      call("UpdateLifecycleVocabulary",
           Proto<UpdateLifecycleVocabularyRequest>(
               "lifecycle_vocabulary { name: 'lifecycleVocabularies/de' "
               "virgin_name: 'Neu' activated_name: 'Aktiv' unstable_name: "
               "'Offen' latent_name: '<Leise>' terminated_name: 'Aus' }")),
      IsOk());
  LifecycleGraph after = run("bob");

  EXPECT_EQ(before.nodes(0).display_name(), "New");
  EXPECT_EQ(before.nodes(3).display_name(), "Still");
  EXPECT_EQ(after.nodes(3).display_name(), "<Leise>");
  EXPECT_THAT(after.svg(), HasSubstr("&lt;Leise&gt;"));
  ASSERT_EQ(before.edges_size(), after.edges_size());
  for (int i = 0; i < before.edges_size(); ++i) {
    EXPECT_THAT(after.edges(i), EqualsProto(before.edges(i).DebugString()));
  }
  for (int i = 0; i < before.nodes_size(); ++i) {
    EXPECT_EQ(after.nodes(i).stage(), before.nodes(i).stage());
    EXPECT_EQ(after.nodes(i).journey_count(), before.nodes(i).journey_count());
    EXPECT_EQ(after.nodes(i).visit_count(), before.nodes(i).visit_count());
  }
  EXPECT_EQ(Call<LifecycleGraph>("RenderLifecycle",
                                 Proto<RenderLifecycleRequest>(
                                     "vocabulary: 'lifecycleVocabularies/no'"))
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

TEST_F(LifecycleRows, CY_02_ClosingsAreOneLessThanTheRuns) {
  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::COMPLETED_LOYAL);
  RunThrough("ada", {Lifecycle::ACTIVATED}, Lifecycle::CHURNED);
  ASSERT_THAT(Start("ada"), IsOk());

  const auto cycles = Call<LifecycleCycles>(
      "MeasureLifecycleCycles",
      Proto<MeasureLifecycleCyclesRequest>("customer: 'customers/ada'"));
  const auto nobody = Call<LifecycleCycles>(
      "MeasureLifecycleCycles",
      Proto<MeasureLifecycleCyclesRequest>("customer: 'customers/nobody'"));

  ASSERT_THAT(cycles, IsOk());
  EXPECT_EQ(cycles->journey_count(), 3);
  EXPECT_EQ(cycles->closing_count(), 2);
  ASSERT_EQ(cycles->loops_size(), 2);
  EXPECT_EQ(cycles->loops(0).next_journey(), cycles->loops(1).journey());
  ASSERT_THAT(nobody, IsOk());
  EXPECT_THAT(*nobody, EqualsProto(""));
}

}  // namespace
}  // namespace crm::testing
