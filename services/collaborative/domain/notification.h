// Who is told of what: the notifications that follow from an event, and how
// long they are kept.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_COLLABORATIVE_DOMAIN_NOTIFICATION_H_
#define CRM_SERVICES_COLLABORATIVE_DOMAIN_NOTIFICATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/collaborative/v1/notification.pb.h"
#include "crm/internal/v1/event.pb.h"

namespace crm::collaborative {

// How long a notification is kept after its event, and after it was read or
// archived.
inline constexpr absl::Duration kKeptAfterEvent = absl::Hours(24 * 180);
inline constexpr absl::Duration kKeptAfterReading = absl::Hours(24 * 30);

// Of older events nobody is told any more. No notification of a younger one can
// have deleted itself, so none comes twice.
inline constexpr absl::Duration kToldWithin = kKeptAfterReading;

// Returns the name of the notification of an event for a person: the same
// whenever it is asked for.
std::string NotificationName(absl::string_view event_id,
                             absl::string_view recipient);

// Whether somebody may be told of `event`.
bool ConcernsPeople(const internal::v1::Event& event);

// Returns the notifications that follow from `event`, which is known at `now`:
// one for each user that an activity mentions since it, and one for a follower
// who is told of a change. They name the resource and say nothing of the
// content.
//
// Returns INVALID_ARGUMENT (EVENT_UNREADABLE) for one that does not hold its
// resource.
absl::StatusOr<std::vector<v1::Notification>> NotificationsOf(
    const internal::v1::Event& event, absl::Time now);

// Returns when a notification deletes itself.
absl::Time EndOfNotification(const v1::Notification& notification);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_DOMAIN_NOTIFICATION_H_
