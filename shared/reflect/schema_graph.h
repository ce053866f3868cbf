// Resource types as a graph, from what their descriptors say: a node a type,
// with its fields, and an edge a reference.
//
//   crm/Order {lines.product -> crm/Product}
//   ->  an edge from `crm/Order` to `crm/Product`, REPEATED_REFERENCE, labelled
//       `lines.product`

#ifndef CRM_SHARED_REFLECT_SCHEMA_GRAPH_H_
#define CRM_SHARED_REFLECT_SCHEMA_GRAPH_H_

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "google/protobuf/descriptor.h"

namespace crm {

// The kinds of nodes: a type of the suite, one that a tenant has defined, and
// what stands for types that are not known, `*` for any.
inline constexpr absl::string_view kResourceNode = "RESOURCE";
inline constexpr absl::string_view kCustomTypeNode = "OBJECT_TYPE";
inline constexpr absl::string_view kOtherTypeNode = "OTHER";

// The kinds of edges: to the type that the names lie under, and to the one that
// a field names, once or several times.
inline constexpr absl::string_view kParentEdge = "PARENT";
inline constexpr absl::string_view kReferenceEdge = "REFERENCE";
inline constexpr absl::string_view kRepeatedReferenceEdge =
    "REPEATED_REFERENCE";

// Adds the type of the resource `message` to `graph` as the node `node_id`: its
// fields, the references in messages below it, and the edges. Returns the node,
// which lives until the next one is added.
crm::api::GraphNode& AddResourceType(
    const google::protobuf::Descriptor& message, absl::string_view node_id,
    absl::string_view kind, crm::api::Graph& graph);

// Adds the edge of the reference `field` of the node `node_id` to `graph`.
void AddReference(absl::string_view node_id, const crm::api::GraphField& field,
                  absl::string_view kind, crm::api::Graph& graph);

// Adds a node for each end of an edge that `graph` lacks.
void AddMissingNodes(crm::api::Graph& graph);

// Returns the graph of all resource types that are linked into the process.
// AddMissingNodes() has to follow once all is added.
crm::api::Graph KnownSchemaGraph();

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_SCHEMA_GRAPH_H_
