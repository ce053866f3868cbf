// Rows of the capability list on graphs of pipelines, teams and territories, as
// callers of the operational service see them.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/graph_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::api::Graph;
using ::crm::api::GraphComparison;
using ::crm::api::GraphNode;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(GraphRows, GX_02_PipelinesComeBackWithoutDifference) {
  MakePipeline("first");
  MakePipeline("second");

  const Graph all = Pipelines();
  const Graph one = Pipelines("pipeline: 'pipelines/first'");
  const auto compared = ImportPipelines(all);
  const auto compared_one = ImportPipelines(one, "pipelines/first");

  EXPECT_EQ(all.nodes_size(), 10);
  EXPECT_EQ(one.nodes_size(), 5);
  const std::string at = "pipelines/first/stages/";
  EXPECT_EQ(EdgesOf(one),
            (std::set<Edge>{{"pipelines/first", at + "new", "BEGIN", "begin"},
                            {at + "new", at + "talk", "FORWARD", "moveStage"},
                            {at + "new", at + "won", "WIN", "win"},
                            {at + "new", at + "lost", "LOSE", "lose"},
                            {at + "talk", at + "won", "WIN", "win"},
                            {at + "talk", at + "lost", "LOSE", "lose"}}));
  EXPECT_THAT(compared, IsOkAndHolds(EqualsProto("")));
  EXPECT_THAT(compared_one, IsOkAndHolds(EqualsProto("")));
}

TEST_F(GraphRows, GX_02_EachChangeOfAPipelineIsTold) {
  MakePipeline("first");
  Graph graph = Pipelines();
  const std::string at = "pipelines/first/stages/";
  NodeOf(graph, at + "new").set_display_name("Fresh");
  SetProperty(graph, at + "talk", "probability_millionths", "400000");
  SetProperty(graph, at + "lost", "position", "5");
  SetProperty(graph, at + "won", "position", "4");
  // A stage between `talk` and `won`, with its moves.
  GraphNode& offer = *graph.add_nodes();
  offer.set_node_id(at + "offer");
  offer.set_kind("STAGE");
  offer.set_display_name("Offer");
  SetProperty(graph, at + "offer", "position", "3");
  SetProperty(graph, at + "offer", "outcome", "OPEN");
  auto& move = *graph.add_edges();
  move.set_from_node(at + "talk");
  move.set_to_node(at + "offer");
  move.set_kind("FORWARD");
  move.set_label("moveStage");

  const auto compared = ImportPipelines(graph);

  ASSERT_THAT(compared, IsOk());
  EXPECT_EQ(TextsOf(*compared),
            (std::vector<std::string>{
                "CHANGED " + at + "lost properties.position '4' '5'",
                "CHANGED " + at + "new display_name 'New' 'Fresh'",
                "ADDED " + at + "offer",
                "CHANGED " + at +
                    "talk properties.probability_millionths '300000' '400000'",
                "CHANGED " + at + "won properties.position '3' '4'",
                "ADDED " + at + "talk -moveStage-> " + at + "offer"}));
  EXPECT_EQ(TextsOf(*ImportPipelines(Graph())).size(),
            5u + static_cast<size_t>(Pipelines().edges_size()));
  EXPECT_EQ(Pipelines().nodes_size(), 5) << "nothing is written";
}

TEST_F(GraphRows, GX_02_WhatIsNoGraphOfPipelinesIsRefused) {
  MakePipeline("first");
  const Graph sound = Pipelines();
  const auto refused = [&](auto change) {
    Graph graph = sound;
    change(graph);
    const auto compared = ImportPipelines(graph);
    EXPECT_THAT(compared,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    return FieldsOf(compared.status());
  };
  const std::string at = "pipelines/first/stages/";

  EXPECT_THAT(refused([](Graph& graph) {
                graph.clear_edges();
                graph.mutable_nodes(1)->set_kind("TEAM");
                graph.mutable_nodes(2)->set_node_id("pipelines/other/stages/x");
              }),
              AllOf(Contains("graph.nodes[1].kind"),
                    Contains("graph.nodes[2].node_id")));
  EXPECT_THAT(refused([&](Graph& graph) {
                SetProperty(graph, at + "won", "position", "1");
              }),
              Contains("graph.nodes[3].properties"));
  EXPECT_THAT(refused([&](Graph& graph) {
                SetProperty(graph, at + "won", "probability_millionths", "7");
              }),
              Contains("graph.nodes[0]"));
  EXPECT_THAT(refused([&](Graph& graph) {
                SetProperty(graph, at + "won", "color", "red");
              }),
              Contains(StartsWith("graph.nodes[3].properties[")));
  EXPECT_THAT(refused([&](Graph& graph) {
                NodeOf(graph, at + "won").clear_display_name();
              }),
              Contains("graph.nodes[0]"));
  EXPECT_THAT(refused([&](Graph& graph) {
                auto& edge = *graph.add_edges();
                edge.set_from_node(at + "won");
                edge.set_to_node(at + "new");
                edge.set_kind("FORWARD");
                edge.set_label("moveStage");
              }),
              Contains("graph.edges[6]"));
}

TEST_F(GraphRows, GX_02_NothingIsEverWritten) {
  v1::ImportPipelineGraphRequest request;
  request.mutable_graph()->set_title("empty");

  const auto written =
      Send<GraphComparison>("PipelineService.ImportPipelineGraph", request);

  EXPECT_THAT(written,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldsOf(written.status()), Contains("validate_only"));
}

TEST_F(GraphRows, GX_02_TheOrganizationComesBackWithoutDifference) {
  MakeOrganization();

  const Graph graph = Organization();
  const auto compared = ImportOrganization(graph);

  EXPECT_EQ(
      EdgesOf(graph),
      (std::set<Edge>{
          {"teams/north", "users/ada", "MANAGER", "manager"},
          {"teams/oslo", "teams/north", "PARENT", "parent_team"},
          {"teams/oslo", "users/ada", "MEMBER", "members"},
          {"territories/no", "territories/eu", "PARENT", "parent_territory"},
          {"territories/no", "users/ada", "MEMBER", "members"}}));
  EXPECT_EQ(FindNode(graph, "users/ada")->display_name(), "Ada");
  EXPECT_THAT(compared, IsOkAndHolds(EqualsProto("")));
}

TEST_F(GraphRows, GX_02_EachChangeOfTheOrganizationIsTold) {
  MakeOrganization();
  Graph graph = Organization();
  SetProperty(graph, "territories/eu", "rank", "9");
  NodeOf(graph, "teams/oslo").set_display_name("Oslo city");
  GraphNode& bergen = *graph.add_nodes();
  bergen.set_node_id("teams/bergen");
  bergen.set_kind("TEAM");
  bergen.set_display_name("Bergen");
  for (auto& edge : *graph.mutable_edges()) {
    if (edge.kind() == "MANAGER") edge.set_from_node("teams/bergen");
  }

  const auto compared = ImportOrganization(graph);

  ASSERT_THAT(compared, IsOk());
  EXPECT_EQ(TextsOf(*compared),
            (std::vector<std::string>{
                "ADDED teams/bergen",
                "CHANGED teams/oslo display_name 'Oslo' 'Oslo city'",
                "CHANGED territories/eu properties.rank '2' '9'",
                "ADDED teams/bergen -manager-> users/ada",
                "REMOVED teams/north -manager-> users/ada"}));
}

TEST_F(GraphRows, GX_02_WhatIsNoOrganizationIsRefused) {
  MakeOrganization();
  Graph circle = Organization();
  auto& up = *circle.add_edges();
  up.set_from_node("teams/north");
  up.set_to_node("teams/oslo");
  up.set_kind("PARENT");
  up.set_label("parent_team");
  Graph crossed = Organization();
  auto& edge = *crossed.add_edges();
  edge.set_from_node("teams/north");
  edge.set_to_node("territories/eu");
  edge.set_kind("PARENT");
  edge.set_label("parent_team");
  Graph wrong = Organization();
  SetProperty(wrong, "territories/no", "lead_filter", "nothing = (");

  const auto in_circle = ImportOrganization(circle);
  const auto across = ImportOrganization(crossed);
  const auto unreadable = ImportOrganization(wrong);

  EXPECT_THAT(FieldsOf(in_circle.status()), Not(IsEmpty()));
  EXPECT_THAT(FieldViolations(in_circle.status()).front().description,
              HasSubstr("would lie under itself"));
  EXPECT_THAT(FieldsOf(across.status()), Contains("graph.edges[5]"));
  EXPECT_THAT(FieldsOf(unreadable.status()),
              Contains(StartsWith("graph.nodes[")));
}

TEST_F(GraphRows, GX_02_PipelinesAndTeamsAreNoEntities) {
  MakePipeline("first");

  const auto mermaid = Export<v1::ExportPipelineGraphRequest>(
      "PipelineService.ExportPipelineGraph", "format: MERMAID");
  const auto csv = Export<v1::ExportPipelineGraphRequest>(
      "PipelineService.ExportPipelineGraph", "format: CSV");

  ASSERT_THAT(mermaid, IsOk());
  EXPECT_THAT(mermaid->content(), AllOf(StartsWith("flowchart LR\n"),
                                        HasSubstr("n0[\"Deals #34;1#34;\"]"),
                                        HasSubstr("n0 -->|\"begin\"| n1")));
  EXPECT_THAT(csv, StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
