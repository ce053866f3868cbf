#include "shared/graph/check_graph.h"

#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphNode;

// Reports the items of a node whose paths repeat earlier ones.
template <typename Items>
void CheckPaths(const Items& items, const std::string& at,
                std::vector<FieldViolation>& violations) {
  std::set<absl::string_view> paths;
  for (int i = 0; i < items.size(); ++i) {
    if (paths.insert(items[i].path()).second) continue;
    violations.push_back(
        {absl::StrCat(at, "[", i, "].path"), "repeats an earlier one."});
  }
}

}  // namespace

std::vector<FieldViolation> CheckGraph(const Graph& graph,
                                       absl::string_view at) {
  std::vector<FieldViolation> violations;
  std::set<absl::string_view> nodes;
  for (int i = 0; i < graph.nodes_size(); ++i) {
    const GraphNode& node = graph.nodes(i);
    const std::string place = absl::StrCat(at, ".nodes[", i, "]");
    if (!nodes.insert(node.node_id()).second) {
      violations.push_back({absl::StrCat(place, ".node_id"),
                            "repeats the id of an earlier node."});
    }
    CheckPaths(node.properties(), absl::StrCat(place, ".properties"),
               violations);
    CheckPaths(node.fields(), absl::StrCat(place, ".fields"), violations);
  }
  std::set<std::tuple<absl::string_view, absl::string_view, absl::string_view>>
      edges;
  for (int i = 0; i < graph.edges_size(); ++i) {
    const GraphEdge& edge = graph.edges(i);
    const std::string place = absl::StrCat(at, ".edges[", i, "]");
    if (nodes.count(edge.from_node()) == 0) {
      violations.push_back(
          {absl::StrCat(place, ".from_node"), "must be the id of a node."});
    }
    if (nodes.count(edge.to_node()) == 0) {
      violations.push_back(
          {absl::StrCat(place, ".to_node"), "must be the id of a node."});
    }
    if (!edges.emplace(edge.from_node(), edge.to_node(), edge.label()).second) {
      violations.push_back(
          {place, "repeats the ends and the label of an earlier edge."});
    }
  }
  if (violations.size() > kMaxGraphViolations) {
    violations.resize(kMaxGraphViolations);
  }
  return violations;
}

}  // namespace crm
