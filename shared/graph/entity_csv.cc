#include "shared/graph/entity_csv.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/tabular/csv_writer.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphField;
using ::crm::api::GraphNode;

// Parts the id of a node, as `crm/Lead`, into schema and table.
std::pair<std::string, std::string> SchemaAndTable(absl::string_view node_id) {
  const size_t slash = node_id.rfind('/');
  if (slash == absl::string_view::npos) return {"crm", std::string(node_id)};
  return {std::string(node_id.substr(0, slash)),
          std::string(node_id.substr(slash + 1))};
}

void Append(std::vector<std::string> record, std::string& out) {
  for (std::string& value : record) value = WithoutFormula(value);
  AppendCsvRecord(record, ',', out);
}

// Appends the records of one field: one for each key, or one without any.
void AppendField(const GraphNode& node, int position, const std::string& parent,
                 std::string& out) {
  const GraphField& field = node.fields(position - 1);
  const auto [schema, table] = SchemaAndTable(node.node_id());
  const std::vector<std::string> column = {
      "postgresql",
      "rapport",
      schema,
      table,
      field.path(),
      absl::StrCat(position),
      field.data_type(),
      field.max_length() > 0 ? absl::StrCat(field.max_length()) : ""};
  const auto append = [&](absl::string_view key, absl::string_view target) {
    std::vector<std::string> record = column;
    record.emplace_back(key);
    const auto [target_schema, target_table] = SchemaAndTable(target);
    record.push_back(target.empty() ? "" : target_schema);
    record.push_back(target.empty() ? "" : target_table);
    record.emplace_back(target.empty() ? "" : "name");
    Append(std::move(record), out);
  };
  bool is_key = false;
  const auto append_key = [&](bool is, absl::string_view key,
                              absl::string_view target) {
    if (!is) return;
    append(key, target);
    is_key = true;
  };
  append_key(field.identifier(), "PRIMARY KEY", "");
  append_key(field.identifier() && !parent.empty(), "FOREIGN KEY", parent);
  append_key(field.unique(), "UNIQUE", "");
  append_key(!field.target_node().empty(), "FOREIGN KEY", field.target_node());
  if (!is_key) append("", "");
}

}  // namespace

std::string WriteEntityCsv(const Graph& graph) {
  std::string out;
  AppendCsvRecord(
      {"dbms", "table_catalog", "table_schema", "table_name", "column_name",
       "ordinal_position", "data_type", "character_maximum_length",
       "constraint_type", "table_schema", "table_name", "column_name"},
      ',', out);
  std::map<absl::string_view, std::string> parents;
  for (const GraphEdge& edge : graph.edges()) {
    if (edge.kind() == "PARENT") parents[edge.from_node()] = edge.to_node();
  }
  for (const GraphNode& node : graph.nodes()) {
    for (int i = 1; i <= node.fields_size(); ++i) {
      AppendField(node, i, parents[node.node_id()], out);
    }
  }
  return out;
}

}  // namespace crm
