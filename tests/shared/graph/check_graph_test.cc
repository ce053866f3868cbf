#include "shared/graph/check_graph.h"

#include <string>

#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::testing::GraphOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kSound[] =
    "nodes { node_id: 'a' kind: 'TEAM' properties { path: 'p' } "
    "        properties { path: 'q' } } "
    "nodes { node_id: 'b' kind: 'TEAM' fields { path: 'f' } } "
    "edges { from_node: 'a' to_node: 'b' kind: 'K' label: 'one' } "
    "edges { from_node: 'a' to_node: 'b' kind: 'K' label: 'two' } "
    "edges { from_node: 'b' to_node: 'b' kind: 'K' } ";

TEST(CheckGraph, TakesAGraph) {
  EXPECT_THAT(CheckGraph(GraphOf(kSound), "graph"), IsEmpty());
  EXPECT_THAT(CheckGraph(Graph(), "graph"), IsEmpty());
}

TEST(CheckGraph, NamesAllThatIsWrong) {
  const auto violations =
      CheckGraph(GraphOf(std::string(kSound) +
                         "nodes { node_id: 'a' kind: 'TEAM' } "
                         "nodes { node_id: 'c' properties { path: 'p' } "
                         "        properties { path: 'p' } "
                         "        fields { path: 'f' } fields { path: 'f' } } "
                         "edges { from_node: 'x' to_node: 'y' kind: 'K' } "
                         "edges { from_node: 'a' to_node: 'b' label: 'two' } "),
                 "graph");

  EXPECT_THAT(
      violations,
      ElementsAre(
          Field(&FieldViolation::field, "graph.nodes[2].node_id"),
          Field(&FieldViolation::field, "graph.nodes[3].properties[1].path"),
          Field(&FieldViolation::field, "graph.nodes[3].fields[1].path"),
          Field(&FieldViolation::field, "graph.edges[3].from_node"),
          Field(&FieldViolation::field, "graph.edges[3].to_node"),
          Field(&FieldViolation::field, "graph.edges[4]")));
}

TEST(CheckGraph, TellsNoMoreThanTheMost) {
  Graph graph;
  for (size_t i = 0; i < 2 * kMaxGraphViolations; ++i) {
    graph.add_nodes()->set_node_id("same");
  }

  EXPECT_THAT(CheckGraph(graph, "graph"), SizeIs(kMaxGraphViolations));
}

}  // namespace
}  // namespace crm
