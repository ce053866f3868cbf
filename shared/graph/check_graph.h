// Whether a graph that somebody else made is one.

#ifndef CRM_SHARED_GRAPH_CHECK_GRAPH_H_
#define CRM_SHARED_GRAPH_CHECK_GRAPH_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "shared/base/errors.h"

namespace crm {

// The most violations that are told.
inline constexpr size_t kMaxGraphViolations = 100;

// Returns what is wrong with `graph`, the field `at` of a request: ids of
// nodes, and paths of their properties and fields, that are given twice; edges
// that begin or end at no node, or repeat another one. Pure.
std::vector<FieldViolation> CheckGraph(const crm::api::Graph& graph,
                                       absl::string_view at);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_CHECK_GRAPH_H_
