// The custom methods of activities.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/activity.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Serves ActivityService.CompleteActivity.
absl::StatusOr<v1::Activity> HandleCompleteActivity(
    Transaction& transaction, const CallContext& call,
    const v1::CompleteActivityRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_
