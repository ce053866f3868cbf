// Graphs as Mermaid diagrams: `erDiagram` where nodes have fields, else
// `flowchart`.
//
//   flowchart LR
//     n0["New"]
//     n1["Won"]
//     n0 -->|"win"| n1

#ifndef CRM_SHARED_GRAPH_MERMAID_H_
#define CRM_SHARED_GRAPH_MERMAID_H_

#include <string>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"

namespace crm {

// Returns `text`, valid UTF-8, so that it stands between quotes and is shown as
// it is: whatever might mean something to Mermaid becomes its number, as
// `#34;`. Pure.
std::string MermaidText(absl::string_view text);

// Returns the diagram of `graph`. Nodes are called n0, n1 and so on; edges to
// nodes that are not there are left out. Pure.
std::string WriteMermaid(const crm::api::Graph& graph);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_MERMAID_H_
