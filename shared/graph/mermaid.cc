#include "shared/graph/mermaid.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/graph/node_index.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// Removes the first character of `text` and returns its code point.
uint32_t TakeCharacter(absl::string_view& text) {
  size_t size = 1;
  while (size < text.size() && IsUtf8Continuation(text[size])) ++size;
  absl::string_view character = text.substr(0, size);
  text.remove_prefix(size);
  return PopUtf8(character);
}

// Returns the words of types and names in an erDiagram.
std::string Word(absl::string_view text) {
  std::string word(text);
  for (char& c : word) {
    if (!IsWordCharacter(c) && c != '[' && c != ']') c = '_';
  }
  const bool begins_well =
      !word.empty() &&
      absl::ascii_isalpha(static_cast<unsigned char>(word.front()));
  return begins_well ? word : absl::StrCat("x", word);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text.empty() ? " " : MermaidText(text), "\"");
}

std::string LabelOf(const GraphNode& node) {
  if (node.display_name().empty()) return node.node_id();
  return node.fields().empty()
             ? node.display_name()
             : absl::StrCat(node.display_name(), " (", node.node_id(), ")");
}

void AppendField(const GraphField& field, std::string& out) {
  std::vector<std::string> keys;
  if (field.identifier()) keys.push_back("PK");
  if (!field.target_node().empty()) keys.push_back("FK");
  if (field.unique() && !field.identifier()) keys.push_back("UK");
  const std::string name = Word(field.path());
  std::string comment = name == field.path() ? "" : field.path();
  if (!field.display_name().empty()) {
    absl::StrAppend(&comment, comment.empty() ? "" : ": ",
                    field.display_name());
  }
  absl::StrAppend(&out, "    ", Word(field.data_type()), " ", name,
                  keys.empty() ? "" : " ", absl::StrJoin(keys, ", "));
  if (!comment.empty()) absl::StrAppend(&out, " ", Quoted(comment));
  absl::StrAppend(&out, "\n");
}

absl::string_view CardinalityOf(const GraphEdge& edge) {
  if (edge.kind() == "PARENT") return "}o--||";
  if (edge.kind() == "REPEATED_REFERENCE") return "}o--o{";
  return "}o--o|";
}

std::string WriteEntities(const Graph& graph) {
  std::string out = "erDiagram\n";
  for (int i = 0; i < graph.nodes_size(); ++i) {
    const GraphNode& node = graph.nodes(i);
    absl::StrAppend(&out, "  n", i, "[", Quoted(LabelOf(node)), "]");
    if (!node.fields().empty()) {
      absl::StrAppend(&out, " {\n");
      for (const GraphField& field : node.fields()) AppendField(field, out);
      absl::StrAppend(&out, "  }");
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

std::string WriteSteps(const Graph& graph) {
  std::string out = "flowchart LR\n";
  for (int i = 0; i < graph.nodes_size(); ++i) {
    absl::StrAppend(&out, "  n", i, "[", Quoted(LabelOf(graph.nodes(i))),
                    "]\n");
  }
  return out;
}

}  // namespace

std::string MermaidText(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    const bool before_space = text.size() > 1 && text[1] == ' ';
    // A point or hyphen before a space may begin an item of a list.
    if (IsWordCharacter(c) || c == ' ' || c == '/' ||
        ((c == '.' || c == '-') && !before_space)) {
      out.push_back(c);
      text.remove_prefix(1);
      continue;
    }
    const uint32_t code = TakeCharacter(text);
    if (code < 0x20) {
      out.push_back(' ');
    } else {
      absl::StrAppend(&out, "#", code, ";");
    }
  }
  return out;
}

std::string WriteMermaid(const Graph& graph) {
  const bool entities =
      std::any_of(graph.nodes().begin(), graph.nodes().end(),
                  [](const GraphNode& node) { return !node.fields().empty(); });
  std::string out = entities ? WriteEntities(graph) : WriteSteps(graph);
  const std::map<absl::string_view, int> places = IndexNodes(graph);
  for (const GraphEdge& edge : graph.edges()) {
    const auto from = places.find(edge.from_node());
    const auto to = places.find(edge.to_node());
    if (from == places.end() || to == places.end()) continue;
    const std::string label =
        Quoted(edge.label().empty() ? edge.kind() : edge.label());
    if (entities) {
      absl::StrAppend(&out, "  n", from->second, " ", CardinalityOf(edge), " n",
                      to->second, " : ", label, "\n");
    } else {
      absl::StrAppend(&out, "  n", from->second, " -->|", label, "| n",
                      to->second, "\n");
    }
  }
  return out;
}

}  // namespace crm
