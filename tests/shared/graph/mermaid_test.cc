#include "shared/graph/mermaid.h"

#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::testing::GraphOf;

TEST(MermaidText, IsShownAsItIs) {
  struct Case {
    absl::string_view text;
    absl::string_view escaped;
  };
  for (const auto& [text, escaped] : {
           Case{"plain crm/Lead_1.x-y", "plain crm/Lead_1.x-y"},
           Case{"a \"b\"", "a #34;b#34;"},
           Case{"#quot; %%", "#35;quot#59; #37;#37;"},
           Case{"1. list - item", "1#46; list #45; item"},
           Case{"`code` <b>", "#96;code#96; #60;b#62;"},
           Case{"a\nb\\", "a b#92;"},
           Case{"M\xC3\xBCller \xE2\x82\xAC", "M#252;ller #8364;"},
           Case{"\xF0\x9F\x99\x82", "#128578;"},
           Case{"\"] --> n9", "#34;#93; --#62; n9"},
       }) {
    EXPECT_EQ(MermaidText(text), escaped);
  }
}

TEST(WriteMermaid, DrawsResourceTypesAsEntities) {
  const auto graph = GraphOf(
      "nodes { node_id: 'crm/Order' display_name: 'Order' "
      "        fields { path: 'name' data_type: 'string' identifier: true } "
      "        fields { path: 'number' data_type: 'string' unique: true } "
      "        fields { path: 'lines.product' data_type: 'string' "
      "                 target_node: 'crm/Product' } "
      "        fields { path: 'custom_fields.x' data_type: 'TEXT' "
      "                 display_name: 'The \"x\"' } } "
      "nodes { node_id: 'crm/Product' } "
      "edges { from_node: 'crm/Order' to_node: 'crm/Product' "
      "        kind: 'REPEATED_REFERENCE' label: 'lines.product' } "
      "edges { from_node: 'crm/Product' to_node: 'crm/Order' kind: 'PARENT' } "
      "edges { from_node: 'crm/Product' to_node: 'crm/Order' "
      "        kind: 'REFERENCE' label: 'order' } "
      "edges { from_node: 'crm/Product' to_node: 'nowhere' kind: 'PARENT' } ");

  EXPECT_EQ(WriteMermaid(graph),
            "erDiagram\n"
            "  n0[\"Order #40;crm/Order#41;\"] {\n"
            "    string name PK\n"
            "    string number UK\n"
            "    string lines_product FK \"lines.product\"\n"
            "    TEXT custom_fields_x "
            "\"custom_fields.x#58; The #34;x#34;\"\n"
            "  }\n"
            "  n1[\"crm/Product\"]\n"
            "  n0 }o--o{ n1 : \"lines.product\"\n"
            "  n1 }o--|| n0 : \"PARENT\"\n"
            "  n1 }o--o| n0 : \"order\"\n");
}

TEST(WriteMermaid, DrawsOthersAsFlowcharts) {
  const auto graph = GraphOf(
      "nodes { node_id: 'a' display_name: 'New' } nodes { node_id: 'b' } "
      "edges { from_node: 'a' to_node: 'b' kind: 'WIN' label: 'win' } ");

  EXPECT_EQ(WriteMermaid(graph),
            "flowchart LR\n"
            "  n0[\"New\"]\n"
            "  n1[\"b\"]\n"
            "  n0 -->|\"win\"| n1\n");
}

}  // namespace
}  // namespace crm
