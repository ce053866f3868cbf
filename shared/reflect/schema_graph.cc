#include "shared/reflect/schema_graph.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/known_api.h"
#include "shared/reflect/resource_schema.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

// The limit of texts whose rule names none.
constexpr int kDefaultMaxLength = 256;

std::string TypeOf(const FieldDescriptor& field) {
  if (field.is_map()) return "map";
  std::string type;
  if (field.message_type() != nullptr) {
    type = field.message_type()->name();
  } else if (field.enum_type() != nullptr) {
    type = "enum";
  } else {
    type = field.type_name();
  }
  if (field.is_repeated()) absl::StrAppend(&type, "[]");
  return type;
}

const std::string& TargetOf(const FieldDescriptor& field) {
  return field.options().GetExtension(google::api::resource_reference).type();
}

// Whether what lies in values of the field is part of the resource.
bool Holds(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_map() &&
         absl::StartsWith(field.message_type()->file()->package(), "crm.");
}

// Walks the messages below a resource.
class FieldWalk {
 public:
  FieldWalk(std::string node_id, Graph& graph, GraphNode& node)
      : node_id_(std::move(node_id)), graph_(graph), node_(node) {}

  // Adds the fields of `message`, whose paths begin with `prefix`: all at the
  // top, references alone below.
  void Add(const Descriptor& message, const std::string& prefix,
           bool repeated) {
    if (std::find(above_.begin(), above_.end(), &message) != above_.end()) {
      return;
    }
    above_.push_back(&message);
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (IsCustomFields(field)) continue;
      const std::string path = absl::StrCat(prefix, field.name());
      if (prefix.empty() || !TargetOf(field).empty()) {
        AddField(field, path, repeated || field.is_repeated());
      }
      if (Holds(field)) {
        Add(*field.message_type(), absl::StrCat(path, "."),
            repeated || field.is_repeated());
      }
    }
    above_.pop_back();
  }

 private:
  void AddField(const FieldDescriptor& field, const std::string& path,
                bool repeated) {
    const auto& rule = field.options().GetExtension(crm::api::field);
    GraphField& out = *node_.add_fields();
    out.set_path(path);
    out.set_data_type(TypeOf(field));
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      out.set_max_length(rule.max_len() > 0 ? rule.max_len()
                                            : kDefaultMaxLength);
    }
    out.set_identifier(path == "name");
    out.set_unique(rule.unique());
    out.set_required(ResourceSchema::IsRequired(&field));
    out.set_target_node(TargetOf(field));
    if (out.target_node().empty()) return;
    AddReference(node_id_, out,
                 repeated ? kRepeatedReferenceEdge : kReferenceEdge, graph_);
  }

  const std::string node_id_;
  Graph& graph_;
  GraphNode& node_;
  // The messages that lead to the one that is walked: some hold themselves.
  std::vector<const Descriptor*> above_;
};

// Returns the type whose names are what names of `pattern` lie under; "" if
// they lie under none.
std::string ParentType(absl::string_view pattern) {
  const size_t collection = pattern.rfind("/{");
  const size_t parent = pattern.substr(0, collection).rfind('/');
  if (parent == absl::string_view::npos) return "";
  for (const auto& [type, message] : KnownResourceTypes()) {
    const auto& resource =
        message->options().GetExtension(google::api::resource);
    if (resource.pattern(0) == pattern.substr(0, parent)) return type;
  }
  return "";
}

void AddEdge(absl::string_view from, absl::string_view to,
             absl::string_view kind, absl::string_view label, Graph& graph) {
  GraphEdge& edge = *graph.add_edges();
  edge.set_from_node(std::string(from));
  edge.set_to_node(std::string(to));
  edge.set_kind(std::string(kind));
  edge.set_label(std::string(label));
}

}  // namespace

GraphNode& AddResourceType(const Descriptor& message, absl::string_view node_id,
                           absl::string_view kind, Graph& graph) {
  GraphNode& node = *graph.add_nodes();
  node.set_node_id(std::string(node_id));
  node.set_kind(std::string(kind));
  node.set_display_name(message.name());
  FieldWalk(node.node_id(), graph, node).Add(message, "", false);
  const std::string parent = ParentType(
      message.options().GetExtension(google::api::resource).pattern(0));
  if (!parent.empty()) AddEdge(node_id, parent, kParentEdge, "name", graph);
  return node;
}

void AddReference(absl::string_view node_id, const GraphField& field,
                  absl::string_view kind, Graph& graph) {
  AddEdge(node_id, field.target_node(), kind, field.path(), graph);
}

void AddMissingNodes(Graph& graph) {
  std::set<std::string, std::less<>> known;
  for (const GraphNode& node : graph.nodes()) known.insert(node.node_id());
  for (const GraphEdge& edge : graph.edges()) {
    if (!known.insert(edge.to_node()).second) continue;
    GraphNode& node = *graph.add_nodes();
    node.set_node_id(edge.to_node());
    node.set_kind(std::string(kOtherTypeNode));
    node.set_display_name(edge.to_node() == "*" ? "Any resource"
                                                : edge.to_node());
  }
}

Graph KnownSchemaGraph() {
  Graph graph;
  for (const auto& [type, message] : KnownResourceTypes()) {
    AddResourceType(*message, type, kResourceNode, graph);
  }
  return graph;
}

}  // namespace crm
