// Graphs in the form that a caller asks for.

#ifndef CRM_SHARED_GRAPH_GRAPH_DOCUMENT_H_
#define CRM_SHARED_GRAPH_GRAPH_DOCUMENT_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "crm/api/graph.pb.h"

namespace crm {

// The most bytes of a document: an answer has 4 MiB at most.
inline constexpr size_t kMaxGraphBytes = size_t{3} << 20;

// Returns `graph` as a document of `format`. Returns INVALID_ARGUMENT for CSV
// of what has no fields, and RESOURCE_EXHAUSTED (GRAPH_TOO_LARGE) beyond
// kMaxGraphBytes. Pure.
absl::StatusOr<crm::api::GraphDocument> WriteGraph(
    crm::api::Graph graph, crm::api::Graph::Format format);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_GRAPH_DOCUMENT_H_
