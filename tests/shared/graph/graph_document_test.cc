#include "shared/graph/graph_document.h"

#include <string>

#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::testing::EqualsProto;
using ::crm::testing::GraphOf;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kSchema[] =
    "title: 'T' nodes { node_id: 'crm/Lead' kind: 'RESOURCE' "
    "fields { path: 'name' } }";

TEST(WriteGraph, HasEachForm) {
  const auto graph = GraphOf(kSchema);

  const auto json = WriteGraph(graph, Graph::FORMAT_UNSPECIFIED);
  const auto mermaid = WriteGraph(graph, Graph::MERMAID);
  const auto dot = WriteGraph(graph, Graph::DOT);
  const auto csv = WriteGraph(graph, Graph::CSV);

  EXPECT_THAT(json, IsOkAndHolds(
                        EqualsProto(std::string("format: JSON media_type: "
                                                "'application/json' graph { ") +
                                    kSchema + " }")));
  ASSERT_TRUE(mermaid.ok() && dot.ok() && csv.ok());
  EXPECT_EQ(mermaid->media_type(), "text/vnd.mermaid");
  EXPECT_THAT(mermaid->content(), HasSubstr("erDiagram"));
  EXPECT_EQ(dot->media_type(), "text/vnd.graphviz");
  EXPECT_THAT(dot->content(), HasSubstr("digraph \"T\""));
  EXPECT_EQ(csv->media_type(), "text/csv");
  EXPECT_THAT(csv->content(), HasSubstr("\"Lead\",\"name\""));
}

TEST(WriteGraph, HasCsvOfResourceTypesAlone) {
  EXPECT_THAT(WriteGraph(GraphOf("nodes { node_id: 'teams/a' }"), Graph::CSV),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(WriteGraph, EndsAtTheMostBytes) {
  Graph graph;
  graph.add_nodes()->set_display_name(std::string(kMaxGraphBytes, 'x'));

  for (const Graph::Format format : {Graph::JSON, Graph::MERMAID, Graph::DOT}) {
    EXPECT_THAT(
        WriteGraph(graph, format),
        StatusIs(absl::StatusCode::kResourceExhausted, "GRAPH_TOO_LARGE"))
        << format;
  }
}

}  // namespace
}  // namespace crm
