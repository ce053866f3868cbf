#include "services/operational/domain/tenant_schema.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/object.pb.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/schema_graph.h"

namespace crm::operational {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;

GraphField FieldOf(const v1::FieldDefinition& definition) {
  GraphField field;
  field.set_path(absl::StrCat("custom_fields.", definition.key()));
  field.set_data_type(v1::FieldDefinition::Type_Name(definition.type()));
  field.set_display_name(definition.display_name());
  if (definition.type() == v1::FieldDefinition::TEXT) {
    field.set_max_length(definition.max_length() > 0
                             ? definition.max_length()
                             : static_cast<int>(kMaxCustomValueBytes));
  }
  field.set_unique(definition.unique());
  field.set_required(definition.required());
  field.set_target_node(definition.reference_type());
  return field;
}

bool IsShown(const v1::FieldDefinition& definition) {
  return definition.state() == v1::FieldDefinition::ACTIVE ||
         definition.state() == v1::FieldDefinition::DEPRECATED;
}

}  // namespace

Graph DrawSchema(const std::vector<v1::ObjectType>& types,
                 const std::vector<v1::FieldDefinition>& definitions) {
  Graph graph = KnownSchemaGraph();
  graph.set_title("Schema");
  for (const v1::ObjectType& type : types) {
    GraphNode& node = AddResourceType(*v1::Object::descriptor(), type.name(),
                                      kCustomTypeNode, graph);
    node.set_display_name(type.display_name());
    auto& state = *node.add_properties();
    state.set_path("state");
    state.set_value(v1::ObjectType::State_Name(type.state()));
  }
  std::map<std::string, int> places;
  for (int i = 0; i < graph.nodes_size(); ++i) {
    places[graph.nodes(i).node_id()] = i;
  }
  for (const v1::FieldDefinition& definition : definitions) {
    const auto place = places.find(definition.resource_type());
    if (place == places.end() || !IsShown(definition)) continue;
    GraphField& field = *graph.mutable_nodes(place->second)->add_fields();
    field = FieldOf(definition);
    if (field.target_node().empty()) continue;
    AddReference(definition.resource_type(), field, kReferenceEdge, graph);
  }
  AddMissingNodes(graph);
  return graph;
}

}  // namespace crm::operational
