#include "shared/graph/entity_csv.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shared/tabular/csv_record.h"
#include "tests/shared/graph/graph_of.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::api::Graph;
using ::crm::testing::GraphOf;
using ::testing::ElementsAre;

std::vector<std::vector<std::string>> Records(absl::string_view content) {
  std::vector<std::vector<std::string>> records;
  while (!content.empty()) {
    const auto record = ReadCsvRecord(content, ',', /*at_end=*/true);
    if (!record.has_value()) break;
    EXPECT_FALSE(record->malformed);
    records.push_back(record->fields);
    content.remove_prefix(record->size);
  }
  return records;
}

TEST(WriteEntityCsv, HasARecordForEachKeyOfEachField) {
  const std::string csv = WriteEntityCsv(GraphOf(
      "nodes { node_id: 'crm/Identifier' "
      "        fields { path: 'name' data_type: 'string' identifier: true } "
      "        fields { path: 'value' data_type: 'string' max_length: 20 } "
      "        fields { path: 'owner' data_type: 'string' unique: true "
      "                 target_node: 'objectTypes/cars' } } "
      "nodes { node_id: 'crm/Customer' } "
      "edges { from_node: 'crm/Identifier' to_node: 'crm/Customer' "
      "        kind: 'PARENT' } "));

  EXPECT_THAT(
      Records(csv),
      ElementsAre(
          ElementsAre("dbms", "table_catalog", "table_schema", "table_name",
                      "column_name", "ordinal_position", "data_type",
                      "character_maximum_length", "constraint_type",
                      "table_schema", "table_name", "column_name"),
          ElementsAre("postgresql", "rapport", "crm", "Identifier", "name", "1",
                      "string", "", "PRIMARY KEY", "", "", ""),
          ElementsAre("postgresql", "rapport", "crm", "Identifier", "name", "1",
                      "string", "", "FOREIGN KEY", "crm", "Customer", "name"),
          ElementsAre("postgresql", "rapport", "crm", "Identifier", "value",
                      "2", "string", "20", "", "", "", ""),
          ElementsAre("postgresql", "rapport", "crm", "Identifier", "owner",
                      "3", "string", "", "UNIQUE", "", "", ""),
          ElementsAre("postgresql", "rapport", "crm", "Identifier", "owner",
                      "3", "string", "", "FOREIGN KEY", "objectTypes", "cars",
                      "name")));
}

TEST(WriteEntityCsv, IsNoFormulaAndBreaksNoRecord) {
  const std::string csv = WriteEntityCsv(
      GraphOf("nodes { node_id: 'x/=1+1' fields { path: 'a\",\"b\\nc' "
              "data_type: '@SUM' } }"));

  const auto records = Records(csv);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1][3], "'=1+1");
  EXPECT_EQ(records[1][4], "a\",\"b\nc");
  EXPECT_EQ(records[1][6], "'@SUM");
}

}  // namespace
}  // namespace crm
