#include "services/operational/handlers/pipeline.h"

#include "services/operational/domain/pipeline.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

absl::StatusOr<v1::Pipeline> HandleRevisePipeline(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::RevisePipelineRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const v1::Pipeline pipeline,
      transaction.GetLive<v1::Pipeline>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(v1::Pipeline draft, Revise(pipeline));
  draft.set_name(transaction.NewName<v1::Pipeline>());
  transaction.Create(draft);
  return draft;
}

}  // namespace crm::operational
