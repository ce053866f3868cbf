#include "shared/graph/dot.h"

#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::testing::GraphOf;

TEST(DotText, IsShownAsItIs) {
  struct Case {
    absl::string_view text;
    absl::string_view escaped;
  };
  for (const auto& [text, escaped] : {
           Case{"plain crm/Lead", "plain crm/Lead"},
           Case{"a \"b\"", "a \\\"b\\\""},
           Case{"ends in \\", "ends in \\\\"},
           Case{"\\N is a name", "\\\\N is a name"},
           Case{"a &lt; b", "a &amp;lt; b"},
           Case{"two\nlines\tand\rmore", "two\\nlines and more"},
           Case{"M\xC3\xBCller", "M\xC3\xBCller"},
           Case{"\"]; n9 [label=\"x", "\\\"]; n9 [label=\\\"x"},
       }) {
    EXPECT_EQ(DotText(text), escaped);
  }
}

TEST(WriteDot, DrawsNodesAndEdges) {
  const auto graph = GraphOf(
      "title: 'The \"graph\"' "
      "nodes { node_id: 'crm/Lead' display_name: 'Lead' "
      "        fields { path: 'name' data_type: 'string' } "
      "        fields { path: 'custom_fields.x' data_type: 'TEXT' } } "
      "nodes { node_id: 'teams/a' } "
      "edges { from_node: 'crm/Lead' to_node: 'teams/a' kind: 'K' } "
      "edges { from_node: 'teams/a' to_node: 'teams/a' kind: 'K' label: 'l' } "
      "edges { from_node: 'teams/a' to_node: 'nowhere' kind: 'K' } ");

  EXPECT_EQ(WriteDot(graph),
            "digraph \"The \\\"graph\\\"\" {\n"
            "  node [shape=box];\n"
            "  n0 [label=\"Lead\\ncrm/Lead\\nname: string\\l"
            "custom_fields.x: TEXT\\l\", tooltip=\"crm/Lead\"];\n"
            "  n1 [label=\"teams/a\", tooltip=\"teams/a\"];\n"
            "  n0 -> n1 [label=\"K\"];\n"
            "  n1 -> n1 [label=\"l\"];\n"
            "}\n");
}

}  // namespace
}  // namespace crm
