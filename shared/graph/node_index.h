// The places of the nodes of a graph by their ids.

#ifndef CRM_SHARED_GRAPH_NODE_INDEX_H_
#define CRM_SHARED_GRAPH_NODE_INDEX_H_

#include <map>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"

namespace crm {

// Returns the place of each node; the first one of those with one id. Lives as
// long as `graph`.
inline std::map<absl::string_view, int> IndexNodes(
    const crm::api::Graph& graph) {
  std::map<absl::string_view, int> places;
  for (int i = 0; i < graph.nodes_size(); ++i) {
    places.emplace(graph.nodes(i).node_id(), i);
  }
  return places;
}

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_NODE_INDEX_H_
