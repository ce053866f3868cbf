#include "shared/graph/compare_graphs.h"

#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphComparison;
using ::crm::api::GraphDifference;
using ::crm::api::GraphEdge;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;

// What is known of a node or edge, by path; nothing is as good as an empty
// text.
using Values = std::map<std::string, std::string>;
// The id of a node, or the ends and the label of an edge.
using Place = std::tuple<bool, std::string, std::string, std::string>;
using Elements = std::map<Place, Values>;

void Put(std::string path, std::string value, Values& values) {
  if (!value.empty()) values[std::move(path)] = std::move(value);
}

Values ValuesOf(const GraphNode& node) {
  Values values;
  Put("kind", node.kind(), values);
  Put("display_name", node.display_name(), values);
  for (const auto& property : node.properties()) {
    Put(absl::StrCat("properties.", property.path()), property.value(), values);
  }
  for (const GraphField& field : node.fields()) {
    const std::string at = absl::StrCat("fields.", field.path());
    // Tells a field of which nothing is known from one that is not there.
    Put(at, field.path(), values);
    Put(absl::StrCat(at, ".data_type"), field.data_type(), values);
    Put(absl::StrCat(at, ".display_name"), field.display_name(), values);
    Put(absl::StrCat(at, ".target_node"), field.target_node(), values);
    if (field.max_length() != 0) {
      Put(absl::StrCat(at, ".max_length"), absl::StrCat(field.max_length()),
          values);
    }
    if (field.identifier())
      Put(absl::StrCat(at, ".identifier"), "true", values);
    if (field.unique()) Put(absl::StrCat(at, ".unique"), "true", values);
    if (field.required()) Put(absl::StrCat(at, ".required"), "true", values);
  }
  return values;
}

Elements ElementsOf(const Graph& graph) {
  Elements elements;
  for (const GraphNode& node : graph.nodes()) {
    elements[{false, node.node_id(), "", ""}] = ValuesOf(node);
  }
  for (const GraphEdge& edge : graph.edges()) {
    Values& values =
        elements[{true, edge.from_node(), edge.to_node(), edge.label()}];
    Put("kind", edge.kind(), values);
  }
  return elements;
}

// Calls `tell(key, given, stored)` for each key of two maps, in their order;
// null stands for what is not there.
template <typename Map, typename Tell>
void Merge(const Map& given, const Map& stored, const Tell& tell) {
  auto left = given.begin();
  auto right = stored.begin();
  while (left != given.end() || right != stored.end()) {
    if (right == stored.end() ||
        (left != given.end() && left->first < right->first)) {
      tell(left->first, &left->second, nullptr);
      ++left;
    } else if (left == given.end() || right->first < left->first) {
      tell(right->first, nullptr, &right->second);
      ++right;
    } else {
      tell(left->first, &left->second, &right->second);
      ++left;
      ++right;
    }
  }
}

template <typename T>
GraphDifference::Change ChangeOf(const T* given, const T* stored) {
  if (stored == nullptr) return GraphDifference::ADDED;
  return given == nullptr ? GraphDifference::REMOVED : GraphDifference::CHANGED;
}

class Telling {
 public:
  void Tell(const Place& place, const std::string& path,
            GraphDifference::Change change, const std::string* given,
            const std::string* stored) {
    out_.set_difference_count(out_.difference_count() + 1);
    if (out_.differences_size() == kMaxToldDifferences) return;
    GraphDifference& difference = *out_.add_differences();
    difference.set_change(change);
    difference.set_node(std::get<1>(place));
    difference.set_to_node(std::get<2>(place));
    difference.set_label(std::get<3>(place));
    difference.set_path(path);
    if (given != nullptr) difference.set_graph_value(*given);
    if (stored != nullptr) difference.set_stored_value(*stored);
  }

  GraphComparison Take() { return std::move(out_); }

 private:
  GraphComparison out_;
};

}  // namespace

GraphComparison CompareGraphs(const Graph& given, const Graph& stored) {
  Telling telling;
  Merge(ElementsOf(given), ElementsOf(stored),
        [&](const Place& place, const Values* left, const Values* right) {
          if (left == nullptr || right == nullptr) {
            telling.Tell(place, "", ChangeOf(left, right), nullptr, nullptr);
            return;
          }
          Merge(*left, *right,
                [&](const std::string& path, const std::string* value,
                    const std::string* other) {
                  if (value != nullptr && other != nullptr && *value == *other)
                    return;
                  telling.Tell(place, path, ChangeOf(value, other), value,
                               other);
                });
        });
  return telling.Take();
}

}  // namespace crm
