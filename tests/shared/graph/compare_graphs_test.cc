#include "shared/graph/compare_graphs.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphComparison;
using ::crm::testing::EqualsProto;
using ::crm::testing::GraphOf;

constexpr char kStored[] =
    "nodes { node_id: 'a' kind: 'TEAM' display_name: 'A' "
    "        properties { path: 'rank' value: '1' } "
    "        fields { path: 'f' data_type: 'string' max_length: 20 } } "
    "nodes { node_id: 'b' kind: 'TEAM' } "
    "edges { from_node: 'a' to_node: 'b' kind: 'K' label: 'one' } "
    "edges { from_node: 'b' to_node: 'a' kind: 'K' } ";

TEST(CompareGraphs, FindsNothingInTheSameWhateverItsOrder) {
  const std::string turned =
      "edges { from_node: 'b' to_node: 'a' kind: 'K' } "
      "edges { from_node: 'a' to_node: 'b' kind: 'K' label: 'one' } "
      "nodes { node_id: 'b' kind: 'TEAM' properties { path: 'none' } } "
      "nodes { node_id: 'a' kind: 'TEAM' display_name: 'A' "
      "        properties { path: 'rank' value: '1' } "
      "        fields { path: 'f' data_type: 'string' max_length: 20 } } ";

  EXPECT_THAT(CompareGraphs(GraphOf(turned), GraphOf(kStored)),
              EqualsProto(""));
}

TEST(CompareGraphs, TellsWhatOneGraphHasAndTheOtherHasNot) {
  const std::string given =
      "nodes { node_id: 'a' kind: 'TEAM' display_name: 'A' "
      "        properties { path: 'rank' value: '1' } "
      "        fields { path: 'f' data_type: 'string' max_length: 20 } } "
      "nodes { node_id: 'c' kind: 'TEAM' } "
      "edges { from_node: 'a' to_node: 'c' kind: 'K' label: 'one' } ";

  EXPECT_THAT(
      CompareGraphs(GraphOf(given), GraphOf(kStored)),
      EqualsProto("difference_count: 5 "
                  "differences { change: REMOVED node: 'b' } "
                  "differences { change: ADDED node: 'c' } "
                  "differences { change: REMOVED node: 'a' to_node: 'b' "
                  "              label: 'one' } "
                  "differences { change: ADDED node: 'a' to_node: 'c' "
                  "              label: 'one' } "
                  "differences { change: REMOVED node: 'b' to_node: 'a' } "));
}

TEST(CompareGraphs, TellsEachValueThatDiffers) {
  const std::string given =
      "nodes { node_id: 'a' kind: 'GROUP' "
      "        properties { path: 'rank' value: '2' } "
      "        properties { path: 'size' value: '3' } "
      "        fields { path: 'f' data_type: 'int64' required: true } } "
      "nodes { node_id: 'b' kind: 'TEAM' fields { path: 'g' } } "
      "edges { from_node: 'a' to_node: 'b' kind: 'L' label: 'one' } "
      "edges { from_node: 'b' to_node: 'a' kind: 'K' } ";

  EXPECT_THAT(
      CompareGraphs(GraphOf(given), GraphOf(kStored)),
      EqualsProto(
          "difference_count: 9 "
          "differences { change: REMOVED node: 'a' path: 'display_name' "
          "              stored_value: 'A' } "
          "differences { change: CHANGED node: 'a' path: 'fields.f.data_type' "
          "              graph_value: 'int64' stored_value: 'string' } "
          "differences { change: REMOVED node: 'a' path: 'fields.f.max_length' "
          "              stored_value: '20' } "
          "differences { change: ADDED node: 'a' path: 'fields.f.required' "
          "              graph_value: 'true' } "
          "differences { change: CHANGED node: 'a' path: 'kind' "
          "              graph_value: 'GROUP' stored_value: 'TEAM' } "
          "differences { change: CHANGED node: 'a' path: 'properties.rank' "
          "              graph_value: '2' stored_value: '1' } "
          "differences { change: ADDED node: 'a' path: 'properties.size' "
          "              graph_value: '3' } "
          "differences { change: ADDED node: 'b' path: 'fields.g' "
          "              graph_value: 'g' } "
          "differences { change: CHANGED node: 'a' to_node: 'b' label: 'one' "
          "              path: 'kind' graph_value: 'L' stored_value: 'K' } "));
}

TEST(CompareGraphs, CountsAllAndTellsTheFirst) {
  Graph many;
  for (int i = 0; i < kMaxToldDifferences + 7; ++i) {
    many.add_nodes()->set_node_id(absl::StrCat("n", i));
  }

  const GraphComparison comparison = CompareGraphs(many, Graph());

  EXPECT_EQ(comparison.difference_count(), kMaxToldDifferences + 7);
  EXPECT_EQ(comparison.differences_size(), kMaxToldDifferences);
}

}  // namespace
}  // namespace crm
