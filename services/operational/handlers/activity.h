// What of ActivityService changes or reads more than one activity, and the
// timers of activities.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/activity.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timers that remind owners, and those that make the next occurrence of a
// series; their key is the name of the activity.
inline constexpr char kActivityReminder[] = "activity-reminder";
inline constexpr char kActivityPassing[] = "activity-passing";

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Activity> HandleCompleteActivity(
    Transaction& transaction, const CallContext& call,
    const v1::CompleteActivityRequest& request);

absl::StatusOr<v1::Activity> HandleCancelActivity(
    Transaction& transaction, const CallContext& call,
    const v1::CancelActivityRequest& request);

absl::StatusOr<v1::GetFreeBusyResponse> HandleGetFreeBusy(
    const ReadView& view, const CallContext& call,
    const v1::GetFreeBusyRequest& request);

// Says in an activity that its owner was reminded of it.
absl::Status RemindOfActivity(Transaction& transaction, const Timer& timer);

// Makes the occurrence that follows one whose time has come.
absl::Status PassActivity(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_ACTIVITY_H_
