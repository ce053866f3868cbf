// The fixture of the tests of graphs: short ways to export, change and import
// them.

#ifndef CRM_TESTS_CONFORMANCE_GRAPH_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_GRAPH_FIXTURE_H_

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/api/graph.pb.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/tenant_graph.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "tests/conformance/objects_fixture.h"

namespace crm::testing {

// From, to, kind, label.
using Edge = std::tuple<std::string, std::string, std::string, std::string>;

inline std::set<Edge> EdgesOf(const crm::api::Graph& graph) {
  std::set<Edge> edges;
  for (const auto& edge : graph.edges()) {
    edges.emplace(edge.from_node(), edge.to_node(), edge.kind(), edge.label());
  }
  return edges;
}

inline const crm::api::GraphNode* FindNode(const crm::api::Graph& graph,
                                           absl::string_view id) {
  for (const crm::api::GraphNode& node : graph.nodes()) {
    if (node.node_id() == id) return &node;
  }
  return nullptr;
}

inline crm::api::GraphNode& NodeOf(crm::api::Graph& graph,
                                   absl::string_view id) {
  return const_cast<crm::api::GraphNode&>(*FindNode(graph, id));
}

inline void SetProperty(crm::api::Graph& graph, absl::string_view id,
                        absl::string_view path, absl::string_view value) {
  for (auto& property : *NodeOf(graph, id).mutable_properties()) {
    if (property.path() == path) {
      property.set_value(std::string(value));
      return;
    }
  }
  auto& property = *NodeOf(graph, id).add_properties();
  property.set_path(std::string(path));
  property.set_value(std::string(value));
}

inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

// Every difference as a short text.
inline std::vector<std::string> TextsOf(
    const crm::api::GraphComparison& comparison) {
  std::vector<std::string> texts;
  for (const auto& one : comparison.differences()) {
    texts.push_back(absl::StrCat(
        crm::api::GraphDifference::Change_Name(one.change()), " ", one.node(),
        one.to_node().empty()
            ? ""
            : absl::StrCat(" -", one.label(), "-> ", one.to_node()),
        one.path().empty() ? "" : absl::StrCat(" ", one.path()),
        one.stored_value().empty() && one.graph_value().empty()
            ? ""
            : absl::StrCat(" '", one.stored_value(), "' '", one.graph_value(),
                           "'")));
  }
  return texts;
}

// One tenant of one service.
class GraphRows : public CustomObjects {
 protected:
  template <typename Request>
  absl::StatusOr<crm::api::GraphDocument> Export(absl::string_view method,
                                                 absl::string_view text = "",
                                                 absl::string_view token = "") {
    return As<crm::api::GraphDocument, Request>(token, method, text);
  }

  absl::StatusOr<crm::api::GraphDocument> Schema(absl::string_view text = "",
                                                 absl::string_view token = "") {
    return Export<operational::v1::ExportSchemaGraphRequest>(
        "ObjectTypeService.ExportSchemaGraph", text, token);
  }

  crm::api::Graph Pipelines(absl::string_view text = "") {
    const auto document = Export<operational::v1::ExportPipelineGraphRequest>(
        "PipelineService.ExportPipelineGraph", text);
    EXPECT_THAT(document, IsOk());
    return document.value_or(crm::api::GraphDocument()).graph();
  }

  absl::StatusOr<crm::api::GraphComparison> ImportPipelines(
      const crm::api::Graph& graph, std::string pipeline = "") {
    operational::v1::ImportPipelineGraphRequest request;
    request.set_pipeline(std::move(pipeline));
    *request.mutable_graph() = graph;
    request.set_validate_only(true);
    return Send<crm::api::GraphComparison>(
        "PipelineService.ImportPipelineGraph", request);
  }

  crm::api::Graph Organization() {
    const auto document =
        Export<operational::v1::ExportOrganizationGraphRequest>(
            "TeamService.ExportOrganizationGraph");
    EXPECT_THAT(document, IsOk());
    return document.value_or(crm::api::GraphDocument()).graph();
  }

  absl::StatusOr<crm::api::GraphComparison> ImportOrganization(
      const crm::api::Graph& graph) {
    operational::v1::ImportOrganizationGraphRequest request;
    *request.mutable_graph() = graph;
    request.set_validate_only(true);
    return Send<crm::api::GraphComparison>(
        "TeamService.ImportOrganizationGraph", request);
  }

  void MakePipeline(absl::string_view id) {
    ASSERT_THAT(
        (Call<operational::v1::Pipeline,
              operational::v1::CreatePipelineRequest>(
            "PipelineService.CreatePipeline",
            absl::StrCat(
                "pipeline_id: '", id,
                "' pipeline { display_name: 'Deals \"1\"' ",
                "stages { stage_id: 'new' display_name: 'New' outcome: OPEN } "
                "stages { stage_id: 'talk' display_name: 'Talk' outcome: OPEN "
                "  probability_millionths: 300000 required_fields: 'amount' "
                "  required_fields: 'close_date' needs_approval: true } "
                "stages { stage_id: 'won' display_name: 'Won' outcome: WON "
                "  probability_millionths: 1000000 } "
                "stages { stage_id: 'lost' display_name: 'Lost' outcome: LOST "
                "} }"))),
        IsOk());
  }

  void MakeOrganization() {
    ASSERT_THAT(
        (Call<operational::v1::User, operational::v1::CreateUserRequest>(
            "UserService.CreateUser",
            "user_id: 'ada' user { display_name: 'Ada' "
            "subject: 'user:ada-l' }")),
        IsOk());
    for (const char* text :
         {"team_id: 'north' team { display_name: 'North' description: 'All' "
          "manager: 'users/ada' }",
          "team_id: 'oslo' team { display_name: 'Oslo' parent_team: "
          "'teams/north' members: 'users/ada' }"}) {
      ASSERT_THAT(
          (Call<operational::v1::Team, operational::v1::CreateTeamRequest>(
              "TeamService.CreateTeam", text)),
          IsOk());
    }
    for (const char* text :
         {"territory_id: 'eu' territory { display_name: 'EU' rank: 2 }",
          "territory_id: 'no' territory { display_name: 'NO' "
          "parent_territory: 'territories/eu' lead_filter: 'company = \"X\"' "
          "members: 'users/ada' }"}) {
      ASSERT_THAT((Call<operational::v1::Territory,
                        operational::v1::CreateTerritoryRequest>(
                      "TerritoryService.CreateTerritory", text)),
                  IsOk());
    }
  }
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_GRAPH_FIXTURE_H_
