// What two graphs do not have in common.

#ifndef CRM_SHARED_GRAPH_COMPARE_GRAPHS_H_
#define CRM_SHARED_GRAPH_COMPARE_GRAPHS_H_

#include "crm/api/graph.pb.h"

namespace crm {

// The most differences that are told; all are counted.
inline constexpr int kMaxToldDifferences = 1'000;

// Returns what `given` has and `stored` has not, and the other way round, and
// what differs about nodes and edges that both have: nodes by their ids, then
// edges by their ends and labels. Nodes and edges may stand in any order. Both
// pass CheckGraph(). Pure; takes n log n time.
crm::api::GraphComparison CompareGraphs(const crm::api::Graph& given,
                                        const crm::api::Graph& stored);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_COMPARE_GRAPHS_H_
