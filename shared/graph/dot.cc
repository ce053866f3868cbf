#include "shared/graph/dot.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "shared/graph/node_index.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;

std::string LabelOf(const GraphNode& node) {
  std::string label = DotText(
      node.display_name().empty() ? node.node_id() : node.display_name());
  if (node.fields().empty()) return label;
  absl::StrAppend(&label, "\\n", DotText(node.node_id()), "\\n");
  for (const GraphField& field : node.fields()) {
    absl::StrAppend(&label, DotText(field.path()), ": ",
                    DotText(field.data_type()), "\\l");
  }
  return label;
}

}  // namespace

std::string DotText(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '&':
        out.append("&amp;");
        break;
      case '\n':
        out.append("\\n");
        break;
      default:
        // Bytes of characters beyond ASCII are negative where char is signed.
        out.push_back(c >= 0 && c < 0x20 ? ' ' : c);
    }
  }
  return out;
}

std::string WriteDot(const Graph& graph) {
  std::string out = absl::StrCat("digraph \"", DotText(graph.title()),
                                 "\" {\n  node [shape=box];\n");
  for (int i = 0; i < graph.nodes_size(); ++i) {
    const GraphNode& node = graph.nodes(i);
    absl::StrAppend(&out, "  n", i, " [label=\"", LabelOf(node),
                    "\", tooltip=\"", DotText(node.node_id()), "\"];\n");
  }
  const std::map<absl::string_view, int> places = IndexNodes(graph);
  for (const GraphEdge& edge : graph.edges()) {
    const auto from = places.find(edge.from_node());
    const auto to = places.find(edge.to_node());
    if (from == places.end() || to == places.end()) continue;
    absl::StrAppend(
        &out, "  n", from->second, " -> n", to->second, " [label=\"",
        DotText(edge.label().empty() ? edge.kind() : edge.label()), "\"];\n");
  }
  absl::StrAppend(&out, "}\n");
  return out;
}

}  // namespace crm
