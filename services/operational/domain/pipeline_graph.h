// Pipelines as graphs: a node a pipeline, a node a stage, and an edge for each
// move that an opportunity may make, but for `reopen`, which leads back to
// where it was.
//
//   new (open), won, lost  ->  pipelines/a -begin-> new -win-> won
//                                               new -lose-> lost
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_GRAPH_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_GRAPH_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "shared/base/errors.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Returns the graph of `pipelines`: nodes PIPELINE and STAGE, edges BEGIN,
// FORWARD, BACK, WIN and LOSE.
crm::api::Graph DrawPipelines(const std::vector<v1::Pipeline>& pipelines);

// Returns why `graph`, the field `at` of a request that passes CheckGraph(), is
// none of whole pipelines: nodes of other kinds, stages without a pipeline,
// what PreparePipeline() refuses, and moves that the stages do not allow. A
// move that is missing is no violation.
std::vector<FieldViolation> CheckPipelineGraph(const crm::api::Graph& graph,
                                               absl::string_view at,
                                               const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_PIPELINE_GRAPH_H_
