#include "services/operational/domain/organization_graph.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/access.h"
#include "services/operational/domain/graph_properties.h"
#include "services/operational/domain/territory.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphNode;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr absl::string_view kTeamFields[] = {"description"};
constexpr absl::string_view kTerritoryFields[] = {"lead_filter", "rank",
                                                  "owner"};

// A kind of node.
struct NodeKind {
  absl::string_view kind;
  absl::string_view pattern;
  // The fields that are properties.
  std::span<const absl::string_view> fields;
  // The prototype of its message.
  const Message* prototype;
};

const NodeKind* FindNodeKind(absl::string_view kind) {
  static const NodeKind kinds[] = {
      {"TEAM", "teams/{team}", kTeamFields, &v1::Team::default_instance()},
      {"TERRITORY", "territories/{territory}", kTerritoryFields,
       &v1::Territory::default_instance()},
      {"USER", "users/{user}", {}, &v1::User::default_instance()},
  };
  for (const NodeKind& known : kinds) {
    if (known.kind == kind) return &known;
  }
  return nullptr;
}

// A field that is an edge.
struct EdgeKind {
  absl::string_view from_kind;
  absl::string_view label;
  absl::string_view kind;
  absl::string_view to_kind;
};

constexpr EdgeKind kEdgeKinds[] = {
    {"TEAM", "parent_team", "PARENT", "TEAM"},
    {"TEAM", "manager", "MANAGER", "USER"},
    {"TEAM", "members", "MEMBER", "USER"},
    {"TERRITORY", "parent_territory", "PARENT", "TERRITORY"},
    {"TERRITORY", "members", "MEMBER", "USER"},
};

std::vector<std::string> NamesIn(const Message& message,
                                 absl::string_view label) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(std::string(label));
  const auto* reflection = message.GetReflection();
  std::vector<std::string> names;
  if (!field->is_repeated()) {
    names.push_back(reflection->GetString(message, field));
    if (names.front().empty()) names.clear();
    return names;
  }
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    names.push_back(reflection->GetRepeatedString(message, field, i));
  }
  return names;
}

// Draws resources of one kind.
template <typename T>
void AddNodes(absl::string_view kind, const std::vector<T>& resources,
              Graph& graph) {
  for (const T& resource : resources) {
    GraphNode& node = *graph.add_nodes();
    node.set_node_id(resource.name());
    node.set_kind(std::string(kind));
    node.set_display_name(resource.display_name());
    WriteProperties(resource, FindNodeKind(kind)->fields, node);
  }
}

template <typename T>
void AddEdges(absl::string_view kind, const std::vector<T>& resources,
              Graph& graph) {
  for (const T& resource : resources) {
    for (const EdgeKind& edge : kEdgeKinds) {
      if (edge.from_kind != kind) continue;
      // A user may be named twice among the members.
      std::set<std::string> drawn;
      for (const std::string& name : NamesIn(resource, edge.label)) {
        if (!drawn.insert(name).second) continue;
        GraphEdge& out = *graph.add_edges();
        out.set_from_node(resource.name());
        out.set_to_node(name);
        out.set_kind(std::string(edge.kind));
        out.set_label(std::string(edge.label));
      }
    }
  }
}

// Adds the users whom edges lead to, and takes out edges that lead nowhere.
void Connect(const std::vector<v1::User>& users, Graph& graph) {
  std::map<absl::string_view, const v1::User*> known_users;
  for (const v1::User& user : users) known_users[user.name()] = &user;
  std::set<std::string> nodes;
  for (const GraphNode& node : graph.nodes()) nodes.insert(node.node_id());
  std::vector<GraphEdge> kept;
  for (const GraphEdge& edge : graph.edges()) {
    const bool to_user = edge.kind() != "PARENT";
    if (!to_user && nodes.count(edge.to_node()) == 0) continue;
    kept.push_back(edge);
    if (!nodes.insert(edge.to_node()).second) continue;
    GraphNode& node = *graph.add_nodes();
    node.set_node_id(edge.to_node());
    node.set_kind("USER");
    const auto user = known_users.find(edge.to_node());
    if (user != known_users.end()) {
      node.set_display_name(user->second->display_name());
    }
  }
  graph.mutable_edges()->Assign(kept.begin(), kept.end());
}

class GraphReader {
 public:
  GraphReader(const Graph& graph, absl::string_view at,
              std::vector<FieldViolation>& violations)
      : graph_(graph), at_(at), violations_(violations) {}

  void Read() {
    for (int i = 0; i < graph_.nodes_size(); ++i) ReadNode(i);
    for (int i = 0; i < graph_.edges_size(); ++i) ReadEdge(i);
  }

  // Holds teams and territories against their rules, by which the others are as
  // the graph has them.
  void Check(RuleContext context) {
    context.find = [this](const google::protobuf::Descriptor* type,
                          absl::string_view name) -> const Message* {
      const auto found = shown_.find(name);
      if (found == shown_.end()) return nullptr;
      const Message* message = found->second.message.get();
      return message->GetDescriptor() == type ? message : nullptr;
    };
    for (auto& [name, shown] : shown_) {
      Message* message = shown.message.get();
      if (shown.kind->kind == "TEAM") {
        CheckShown(
            *message, shown.at,
            PrepareTeam(nullptr, static_cast<v1::Team&>(*message), context),
            violations_);
      } else if (shown.kind->kind == "TERRITORY") {
        CheckShown(*message, shown.at,
                   PrepareTerritory(
                       nullptr, static_cast<v1::Territory&>(*message), context),
                   violations_);
      }
    }
  }

 private:
  // A resource as the graph has it.
  struct Shown {
    std::string at;
    const NodeKind* kind = nullptr;
    std::unique_ptr<Message> message;
  };

  void Report(std::string field, std::string description) {
    violations_.push_back({std::move(field), std::move(description)});
  }

  void ReadNode(int index) {
    const GraphNode& node = graph_.nodes(index);
    const std::string at = absl::StrCat(at_, ".nodes[", index, "]");
    const NodeKind* kind = FindNodeKind(node.kind());
    if (kind == nullptr) {
      Report(absl::StrCat(at, ".kind"), "must be TEAM, TERRITORY or USER.");
      return;
    }
    const auto pattern = NamePattern::Parse(kind->pattern);
    if (!pattern.ok() || !pattern->Matches(node.node_id())) {
      Report(absl::StrCat(at, ".node_id"),
             absl::StrCat("must be a name of the form ", kind->pattern, "."));
      return;
    }
    Shown shown{at, kind, std::unique_ptr<Message>(kind->prototype->New())};
    Message& message = *shown.message;
    for (const auto& [field, value] :
         {std::pair("name", node.node_id()),
          std::pair("display_name", node.display_name())}) {
      message.GetReflection()->SetString(
          &message, message.GetDescriptor()->FindFieldByName(field), value);
    }
    ReadProperties(node, at, kind->fields, message, violations_);
    shown_.emplace(node.node_id(), std::move(shown));
  }

  void ReadEdge(int index) {
    const GraphEdge& edge = graph_.edges(index);
    const std::string at = absl::StrCat(at_, ".edges[", index, "]");
    const auto from = shown_.find(edge.from_node());
    const auto to = shown_.find(edge.to_node());
    // Then a node is wrong, which is told.
    if (from == shown_.end() || to == shown_.end()) return;
    for (const EdgeKind& kind : kEdgeKinds) {
      if (kind.label != edge.label() || kind.kind != edge.kind() ||
          kind.from_kind != from->second.kind->kind ||
          kind.to_kind != to->second.kind->kind) {
        continue;
      }
      Message& message = *from->second.message;
      const FieldDescriptor* field =
          message.GetDescriptor()->FindFieldByName(edge.label());
      if (field->is_repeated()) {
        message.GetReflection()->AddString(&message, field, edge.to_node());
      } else if (!NamesIn(message, edge.label()).empty()) {
        Report(at, "must be the only one of its label from there.");
      } else {
        message.GetReflection()->SetString(&message, field, edge.to_node());
      }
      return;
    }
    Report(at,
           "must be a parent_team, parent_territory, manager or members edge "
           "of the kind PARENT, MANAGER or MEMBER, between nodes of their "
           "kinds.");
  }

  const Graph& graph_;
  const std::string at_;
  std::vector<FieldViolation>& violations_;
  std::map<std::string, Shown, std::less<>> shown_;
};

}  // namespace

Graph DrawOrganization(const Organization& organization) {
  Graph graph;
  graph.set_title("Organization");
  AddNodes("TEAM", organization.teams, graph);
  AddNodes("TERRITORY", organization.territories, graph);
  AddEdges("TEAM", organization.teams, graph);
  AddEdges("TERRITORY", organization.territories, graph);
  Connect(organization.users, graph);
  return graph;
}

std::vector<FieldViolation> CheckOrganizationGraph(const Graph& graph,
                                                   absl::string_view at,
                                                   const RuleContext& context) {
  std::vector<FieldViolation> violations;
  GraphReader reader(graph, at, violations);
  reader.Read();
  reader.Check(context);
  return violations;
}

}  // namespace crm::operational
