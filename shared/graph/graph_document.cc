#include "shared/graph/graph_document.h"

#include <algorithm>
#include <utility>

#include "shared/base/errors.h"
#include "shared/graph/dot.h"
#include "shared/graph/entity_csv.h"
#include "shared/graph/mermaid.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphDocument;
using ::crm::api::GraphNode;

bool HasFields(const Graph& graph) {
  return std::any_of(
      graph.nodes().begin(), graph.nodes().end(),
      [](const GraphNode& node) { return !node.fields().empty(); });
}

}  // namespace

absl::StatusOr<GraphDocument> WriteGraph(Graph graph, Graph::Format format) {
  GraphDocument document;
  document.set_format(format);
  switch (format) {
    case Graph::MERMAID:
      document.set_content(WriteMermaid(graph));
      document.set_media_type("text/vnd.mermaid");
      break;
    case Graph::DOT:
      document.set_content(WriteDot(graph));
      document.set_media_type("text/vnd.graphviz");
      break;
    case Graph::CSV:
      if (!HasFields(graph)) {
        return BadField("format",
                        "must not be CSV, which is for resource types. Choose "
                        "JSON, MERMAID or DOT.");
      }
      document.set_content(WriteEntityCsv(graph));
      document.set_media_type("text/csv");
      break;
    default:
      document.set_format(Graph::JSON);
      *document.mutable_graph() = std::move(graph);
      document.set_media_type("application/json");
  }
  if (document.ByteSizeLong() > kMaxGraphBytes) {
    return ResourceExhausted(
        "GRAPH_TOO_LARGE",
        "The graph has more than 3 MiB in this form. Choose another form, or a "
        "smaller part where there is one.");
  }
  return document;
}

}  // namespace crm
