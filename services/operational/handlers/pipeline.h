// The method of PipelineService that the kernel does not serve.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_PIPELINE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_PIPELINE_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Serves PipelineService.RevisePipeline.
absl::StatusOr<v1::Pipeline> HandleRevisePipeline(
    Transaction& transaction, const CallContext& call,
    const v1::RevisePipelineRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_PIPELINE_H_
