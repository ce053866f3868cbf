#include "services/collaborative/projections/operational_events.h"

#include <vector>

#include "crm/collaborative/v1/notification.pb.h"
#include "services/collaborative/domain/notification.h"
#include "services/collaborative/projections/customer_moves.h"
#include "shared/base/status_macros.h"

namespace crm::collaborative {
namespace {

using internal::v1::Event;

// Makes the notifications of the event that are not there yet.
absl::Status Notify(Transaction& transaction, const Event& event) {
  CRM_ASSIGN_OR_RETURN(std::vector<v1::Notification> notifications,
                       NotificationsOf(event, transaction.now()));
  const Resource& type =
      *transaction.view().catalog().Find(v1::Notification::descriptor());
  for (v1::Notification& notification : notifications) {
    CRM_ASSIGN_OR_RETURN(const auto known,
                         transaction.view().Find(type, notification.name()));
    if (!known.has_value()) transaction.Create(notification);
  }
  return absl::OkStatus();
}

absl::Status React(Transaction& transaction, const Event& event) {
  if (ConcernsMerges(event)) {
    CRM_RETURN_IF_ERROR(FollowMerge(transaction, event));
  }
  return ConcernsPeople(event) ? Notify(transaction, event) : absl::OkStatus();
}

}  // namespace

Reaction OperationalEvents(const Clock& clock) {
  return {.producer = "operational",
          .concerns =
              [](const Event& event) {
                return ConcernsMerges(event) || ConcernsPeople(event);
              },
          .react = React,
          // Notifications stay: events keep their ids when they are told again.
          .forget =
              [&clock](SqlWriter& writer) {
                return ForgetMergesAndReturn(writer, clock.Now());
              }};
}

}  // namespace crm::collaborative
