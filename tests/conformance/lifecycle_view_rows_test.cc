// Rows of the capability list on how lifecycles are drawn and measured, as
// callers of the analytical service see them.

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/lifecycle_vocabulary.pb.h"
#include "tests/conformance/lifecycle_calls.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using analytical::v1::CreateLifecycleVocabularyRequest;
using analytical::v1::Lifecycle;
using analytical::v1::LifecycleCycles;
using analytical::v1::LifecycleFunnel;
using analytical::v1::LifecycleGraph;
using analytical::v1::LifecycleJourney;
using analytical::v1::LifecycleVocabulary;
using analytical::v1::MeasureLifecycleCyclesRequest;
using analytical::v1::MeasureLifecycleFunnelRequest;
using analytical::v1::RenderLifecycleRequest;
using analytical::v1::UpdateLifecycleVocabularyRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using LifecycleViewRows = LifecycleCalls;

TEST_F(LifecycleViewRows, VM_09_TheFunnelAgreesWithTheRuns) {
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

TEST_F(LifecycleViewRows, CY_01_BothDrawingsShowTheSameRuns) {
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
TEST_F(LifecycleViewRows, CY_03_RenamedStagesChangeNoResult) {
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

TEST_F(LifecycleViewRows, CY_02_ClosingsAreOneLessThanTheRuns) {
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
