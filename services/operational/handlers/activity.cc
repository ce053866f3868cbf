#include "services/operational/handlers/activity.h"

#include <utility>

#include "services/operational/domain/sales.h"

namespace crm::operational {

absl::StatusOr<v1::Activity> HandleCompleteActivity(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CompleteActivityRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      v1::Activity activity,
      transaction.GetLive<v1::Activity>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(activity,
                       CompleteActivity(std::move(activity), request.outcome(),
                                        transaction.now()));
  transaction.Update(activity);
  return activity;
}

}  // namespace crm::operational
