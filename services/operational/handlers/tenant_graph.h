// What a tenant has set up, as graphs: its schema, its pipelines, its teams and
// territories; and graphs held against what is stored.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_TENANT_GRAPH_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_TENANT_GRAPH_H_

#include "absl/status/statusor.h"
#include "crm/api/graph.pb.h"
#include "crm/operational/v1/tenant_graph.pb.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Each serves the method of its request, by what the caller may read; see the
// protos for what they return.
absl::StatusOr<crm::api::GraphDocument> HandleExportSchemaGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportSchemaGraphRequest& request);

absl::StatusOr<crm::api::GraphDocument> HandleExportPipelineGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportPipelineGraphRequest& request);

absl::StatusOr<crm::api::GraphComparison> HandleImportPipelineGraph(
    const ReadView& view, const CallContext& call,
    const v1::ImportPipelineGraphRequest& request);

absl::StatusOr<crm::api::GraphDocument> HandleExportOrganizationGraph(
    const ReadView& view, const CallContext& call,
    const v1::ExportOrganizationGraphRequest& request);

absl::StatusOr<crm::api::GraphComparison> HandleImportOrganizationGraph(
    const ReadView& view, const CallContext& call,
    const v1::ImportOrganizationGraphRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_TENANT_GRAPH_H_
