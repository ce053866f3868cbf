#include "services/operational/handlers/tenant_graph.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crm/operational/v1/pipeline.pb.h"
#include "services/operational/domain/organization_graph.h"
#include "services/operational/domain/pipeline_graph.h"
#include "services/operational/domain/tenant_schema.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/graph/check_graph.h"
#include "shared/graph/compare_graphs.h"
#include "shared/graph/graph_document.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/custom_schemas.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphComparison;
using ::crm::api::GraphDocument;

// Clears what the caller may not see of `record`.
template <typename T>
void ClearHidden(const ReadView& view, const CallContext& call, T& record) {
  const Resource& resource = *view.catalog().Find(T::descriptor());
  const auto rule = RuleFor(call.caller.get(), view.catalog(), resource,
                            PermissionToRead(call, resource));
  if (!rule->hides()) return;
  for (const std::string& path : rule->HiddenIn(record)) {
    ClearPath(record, path);
  }
}

// Returns all that the caller may read of the resources in `collection`.
template <typename T>
absl::StatusOr<std::vector<T>> ReadAll(const ReadView& view,
                                       const CallContext& call,
                                       absl::string_view collection) {
  CRM_ASSIGN_OR_RETURN(std::vector<T> records, view.Children<T>(collection));
  for (T& record : records) ClearHidden(view, call, record);
  return records;
}

absl::StatusOr<Graph> PipelineGraph(const ReadView& view,
                                    const CallContext& call,
                                    const std::string& name) {
  std::vector<v1::Pipeline> pipelines;
  if (name.empty()) {
    CRM_ASSIGN_OR_RETURN(pipelines,
                         ReadAll<v1::Pipeline>(view, call, "pipelines"));
  } else {
    CRM_ASSIGN_OR_RETURN(v1::Pipeline pipeline,
                         view.GetLive<v1::Pipeline>(name));
    ClearHidden(view, call, pipeline);
    pipelines.push_back(std::move(pipeline));
  }
  return DrawPipelines(pipelines);
}

absl::StatusOr<Graph> OrganizationGraph(const ReadView& view,
                                        const CallContext& call) {
  Organization organization;
  CRM_ASSIGN_OR_RETURN(organization.teams,
                       ReadAll<v1::Team>(view, call, "teams"));
  CRM_ASSIGN_OR_RETURN(organization.territories,
                       ReadAll<v1::Territory>(view, call, "territories"));
  CRM_ASSIGN_OR_RETURN(organization.users,
                       ReadAll<v1::User>(view, call, "users"));
  return DrawOrganization(organization);
}

// Returns what is wrong with the request of an import before its graph is
// looked at.
template <typename Request>
absl::Status CheckRequest(const Request& request) {
  std::vector<FieldViolation> violations = CheckGraph(request.graph(), "graph");
  if (!request.validate_only()) {
    violations.push_back({"validate_only",
                          "must be true: a graph is compared with what is "
                          "stored, and nothing is written."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

// Returns by what graphs are checked: the tenant's own fields.
absl::StatusOr<RuleContext> ContextOf(const ReadView& view,
                                      const CallContext& call) {
  RuleContext context;
  context.now = call.now;
  context.actor = call.principal.subject;
  CRM_ASSIGN_OR_RETURN(
      const std::shared_ptr<const CustomSchema> schema,
      view.catalog().custom_schemas().Find(view.reader(), view.tenant()));
  context.find_custom_field = [schema, find = schema->finder()](
                                  const google::protobuf::Descriptor& type,
                                  absl::string_view key) {
    return find(type, key);
  };
  return context;
}

}  // namespace

absl::StatusOr<GraphDocument> HandleExportSchemaGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportSchemaGraphRequest& request) {
  CRM_ASSIGN_OR_RETURN(const std::vector<v1::ObjectType> types,
                       ReadAll<v1::ObjectType>(view, call, "objectTypes"));
  CRM_ASSIGN_OR_RETURN(
      const std::vector<v1::FieldDefinition> definitions,
      ReadAll<v1::FieldDefinition>(view, call, "fieldDefinitions"));
  return WriteGraph(DrawSchema(types, definitions), request.format());
}

absl::StatusOr<GraphDocument> HandleExportPipelineGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportPipelineGraphRequest& request) {
  CRM_ASSIGN_OR_RETURN(Graph graph,
                       PipelineGraph(view, call, request.pipeline()));
  return WriteGraph(std::move(graph), request.format());
}

absl::StatusOr<GraphComparison> HandleImportPipelineGraph(
    const ReadView& view, const CallContext& call,
    const v1::ImportPipelineGraphRequest& request) {
  CRM_RETURN_IF_ERROR(CheckRequest(request));
  CRM_ASSIGN_OR_RETURN(const RuleContext context, ContextOf(view, call));
  const std::vector<FieldViolation> violations =
      CheckPipelineGraph(request.graph(), "graph", context);
  if (!violations.empty()) return BadRequest(violations);
  CRM_ASSIGN_OR_RETURN(const Graph stored,
                       PipelineGraph(view, call, request.pipeline()));
  return CompareGraphs(request.graph(), stored);
}

absl::StatusOr<GraphDocument> HandleExportOrganizationGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportOrganizationGraphRequest& request) {
  CRM_ASSIGN_OR_RETURN(Graph graph, OrganizationGraph(view, call));
  return WriteGraph(std::move(graph), request.format());
}

absl::StatusOr<GraphComparison> HandleImportOrganizationGraph(
    const ReadView& view, const CallContext& call,
    const v1::ImportOrganizationGraphRequest& request) {
  CRM_RETURN_IF_ERROR(CheckRequest(request));
  CRM_ASSIGN_OR_RETURN(const RuleContext context, ContextOf(view, call));
  const std::vector<FieldViolation> violations =
      CheckOrganizationGraph(request.graph(), "graph", context);
  if (!violations.empty()) return BadRequest(violations);
  CRM_ASSIGN_OR_RETURN(const Graph stored, OrganizationGraph(view, call));
  return CompareGraphs(request.graph(), stored);
}

}  // namespace crm::operational
