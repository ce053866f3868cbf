// Rows of the capability list on the graph of a tenant's resource types, as
// callers of the operational service see them.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "shared/tabular/csv_record.h"
#include "tests/conformance/graph_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::api::Graph;
using ::crm::api::GraphDocument;
using ::crm::api::GraphNode;
using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// What the linked descriptors say, found out without the code under test.
struct Expected {
  std::set<std::string> types;
  std::set<Edge> edges;
};

Expected ExpectedSchema() {
  Expected expected;
  std::vector<const Descriptor*> resources;
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (!absl::StartsWith(name, "crm/")) continue;
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      if (!message->options().HasExtension(google::api::resource)) continue;
      resources.push_back(message);
    }
  }
  const auto rule =
      [](const Descriptor* message) -> const google::api::ResourceDescriptor& {
    return message->options().GetExtension(google::api::resource);
  };
  for (const Descriptor* resource : resources) {
    const std::string type = rule(resource).type();
    expected.types.insert(type);
    for (const Descriptor* other : resources) {
      const std::string rest = absl::StrCat(rule(other).pattern(0), "/");
      const std::string& pattern = rule(resource).pattern(0);
      if (absl::StartsWith(pattern, rest) &&
          std::count(pattern.begin() + static_cast<long>(rest.size()),
                     pattern.end(), '/') == 1) {
        expected.edges.emplace(type, rule(other).type(), "PARENT", "name");
      }
    }
    // A message, the path to it, whether it is one of several, and those it
    // lies in.
    struct Place {
      const Descriptor* message;
      std::string prefix;
      bool several;
      std::set<const Descriptor*> above;
    };
    std::vector<Place> left = {{resource, "", false, {}}};
    while (!left.empty()) {
      Place place = std::move(left.back());
      left.pop_back();
      if (!place.above.insert(place.message).second) continue;
      for (int i = 0; i < place.message->field_count(); ++i) {
        const FieldDescriptor* field = place.message->field(i);
        const std::string path = absl::StrCat(place.prefix, field->name());
        const bool several = place.several || field->is_repeated();
        if (field->options().HasExtension(google::api::resource_reference)) {
          expected.edges.emplace(
              type,
              field->options()
                  .GetExtension(google::api::resource_reference)
                  .type(),
              several ? "REPEATED_REFERENCE" : "REFERENCE", path);
        }
        if (field->message_type() != nullptr && !field->is_map()) {
          left.push_back({field->message_type(), absl::StrCat(path, "."),
                          several, place.above});
        }
      }
    }
  }
  return expected;
}

TEST_F(GraphRows, GX_01_ListsEveryResourceAndReferenceThatIsLinked) {
  const Expected expected = ExpectedSchema();

  const auto document = Schema();

  ASSERT_THAT(document, IsOk());
  std::set<std::string> types;
  for (const GraphNode& node : document->graph().nodes()) {
    if (node.kind() == "RESOURCE") types.insert(node.node_id());
  }
  EXPECT_GT(types.size(), 60u);
  EXPECT_EQ(types, expected.types);
  EXPECT_EQ(EdgesOf(document->graph()), expected.edges);
  EXPECT_THAT(
      expected.edges,
      AllOf(Contains(Edge("crm/Identifier", "crm/Customer", "PARENT", "name")),
            Contains(Edge("crm/Order", "crm/Product", "REPEATED_REFERENCE",
                          "lines.product"))));
}

TEST_F(GraphRows, GX_01_ACustomObjectWithAReferenceAppearsAtOnce) {
  const Graph before = Schema().value_or(GraphDocument()).graph();
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  DefineOf("vehicles", "keeper",
           "type: REFERENCE reference_type: 'crm/Account'");
  Define("car", "type: REFERENCE reference_type: 'objectTypes/vehicles'");
  ASSERT_THAT(DraftOf("vehicles", "draft", "type: TEXT"), IsOk());

  const auto document = Schema();

  ASSERT_THAT(document, IsOk());
  const Graph& after = document->graph();
  const GraphNode* node = FindNode(after, "objectTypes/vehicles");
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node->kind(), "OBJECT_TYPE");
  std::vector<std::string> paths;
  for (const auto& field : node->fields()) paths.push_back(field.path());
  EXPECT_THAT(paths, AllOf(Contains("custom_fields.keeper"),
                           Not(Contains("custom_fields.draft"))));
  std::set<Edge> added = EdgesOf(after);
  for (const Edge& edge : EdgesOf(before)) added.erase(edge);
  EXPECT_EQ(added, (std::set<Edge>{{"objectTypes/vehicles", "crm/Account",
                                    "REFERENCE", "custom_fields.keeper"},
                                   {"objectTypes/vehicles", "crm/ObjectType",
                                    "PARENT", "name"},
                                   {"objectTypes/vehicles", "crm/ObjectType",
                                    "REFERENCE", "object_type"},
                                   {"crm/Lead", "objectTypes/vehicles",
                                    "REFERENCE", "custom_fields.car"}}));
}

TEST_F(GraphRows, GX_01_OtherTenantsAndOtherRolesSeeNothingOfIt) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  Define("car", "type: REFERENCE reference_type: 'objectTypes/vehicles'");

  const auto elsewhere =
      Schema("", authority_.Token("globex", "user:eve", {"everyone"}));
  const auto rep =
      Schema("", authority_.Token("acme", "user:rep", {"sales_rep"}));

  ASSERT_THAT(elsewhere, IsOk());
  EXPECT_EQ(FindNode(elsewhere->graph(), "objectTypes/vehicles"), nullptr);
  EXPECT_THAT(elsewhere->DebugString(), Not(HasSubstr("custom_fields.car")));
  EXPECT_THAT(
      rep, StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(GraphRows, GX_01_EachFormHoldsAllOfTheGraphWhateverItsNamesAre) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  const std::string hostile = R"(\"]; n9 -> n0 {\\ %% `x`)";
  ASSERT_THAT((Call<v1::ObjectType, v1::UpdateObjectTypeRequest>(
                  "ObjectTypeService.UpdateObjectType",
                  absl::StrCat("object_type { name: 'objectTypes/vehicles' "
                               "display_name: \"",
                               hostile, "\" }"))),
              IsOk());

  const auto json = Schema("format: JSON");
  const auto mermaid = Schema("format: MERMAID");
  const auto dot = Schema("format: DOT");
  const auto csv = Schema("format: CSV");

  ASSERT_TRUE(json.ok() && mermaid.ok() && dot.ok() && csv.ok());
  const Graph& graph = json->graph();
  const auto count = [](const std::string& text, absl::string_view part) {
    size_t found = 0;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      found += absl::StrContains(line, part) ? 1 : 0;
    }
    return static_cast<int>(found);
  };
  EXPECT_EQ(count(mermaid->content(), " : \""), graph.edges_size());
  EXPECT_EQ(count(mermaid->content(), "  }\n"), 0);
  EXPECT_EQ(count(mermaid->content(), "[\""), graph.nodes_size());
  EXPECT_EQ(count(dot->content(), "tooltip="), graph.nodes_size());
  EXPECT_EQ(count(dot->content(), "\"];"),
            graph.nodes_size() + graph.edges_size());
  // Nothing of the name stands in a text as it is.
  EXPECT_THAT(mermaid->content(), Not(HasSubstr("n9 -> n0")));
  EXPECT_THAT(dot->content(), Not(HasSubstr("[label=\"\"]; n9")));
  std::set<std::pair<std::string, std::string>> columns;
  for (absl::string_view rest = csv->content(); !rest.empty();) {
    const auto record = ReadCsvRecord(rest, ',', /*at_end=*/true);
    ASSERT_TRUE(record.has_value() && !record->malformed);
    ASSERT_THAT(record->fields, SizeIs(12));
    columns.emplace(absl::StrCat(record->fields[2], "/", record->fields[3]),
                    record->fields[4]);
    rest.remove_prefix(record->size);
  }
  std::set<std::pair<std::string, std::string>> fields = {
      {"table_schema/table_name", "column_name"}};
  for (const GraphNode& node : graph.nodes()) {
    for (const auto& field : node.fields()) {
      fields.emplace(node.node_id(), field.path());
    }
  }
  EXPECT_EQ(columns, fields);
}

}  // namespace
}  // namespace crm::testing
