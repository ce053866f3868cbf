// Graphs in the DOT language of Graphviz.
//
//   digraph "Pipelines" {
//     n0 [label="New", tooltip="pipelines/default/stages/new"];
//     n0 -> n1 [label="win"];
//   }

#ifndef CRM_SHARED_GRAPH_DOT_H_
#define CRM_SHARED_GRAPH_DOT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"

namespace crm {

// Returns `text` so that it stands between quotes in a label and is shown as it
// is: without escapes and entities. Pure.
std::string DotText(absl::string_view text);

// Returns the digraph of `graph`. Nodes are called n0, n1 and so on, with their
// ids as tooltips; edges to nodes that are not there are left out. Pure.
std::string WriteDot(const crm::api::Graph& graph);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_DOT_H_
