#include "services/collaborative/domain/notification.h"

#include <algorithm>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::collaborative {
namespace {

using internal::v1::Event;
using operational::v1::Activity;
using operational::v1::Follower;

constexpr char kActivityType[] = "crm/Activity";
constexpr char kFollowerType[] = "crm/Follower";
constexpr size_t kIdBytes = 16;

// Reads the resource of `event`, as it is in `bytes`.
template <typename T>
absl::StatusOr<T> Read(const Event& event, const std::string& bytes) {
  T resource;
  if (event.key_id().empty() && resource.ParseFromString(bytes) &&
      resource.name() == event.resource()) {
    return resource;
  }
  return InvalidArgument(
      "EVENT_UNREADABLE",
      absl::StrCat("The event '", event.id(), "' of '", event.resource(),
                   "' does not hold its resource."),
      {{"event", event.id()}});
}

// The subjects that `after` mentions and `before` did not, each once.
std::set<std::string> NewlyMentioned(const Activity& before,
                                     const Activity& after) {
  const std::set<std::string> known(before.mentions().begin(),
                                    before.mentions().end());
  std::set<std::string> subjects;
  const int count =
      std::min(after.mentions_size(), after.mentioned_subjects_size());
  for (int i = 0; i < count; ++i) {
    if (known.contains(after.mentions(i))) continue;
    if (!after.mentioned_subjects(i).empty()) {
      subjects.insert(after.mentioned_subjects(i));
    }
  }
  return subjects;
}

absl::StatusOr<std::vector<v1::Notification>> OfMentions(const Event& event) {
  std::vector<v1::Notification> notifications;
  CRM_ASSIGN_OR_RETURN(const auto after, Read<Activity>(event, event.after()));
  if (after.has_delete_time()) return notifications;
  Activity before;
  if (!event.before().empty()) {
    CRM_ASSIGN_OR_RETURN(before, Read<Activity>(event, event.before()));
  }
  for (const std::string& subject : NewlyMentioned(before, after)) {
    v1::Notification& notification = notifications.emplace_back();
    notification.set_name(NotificationName(event.id(), subject));
    notification.set_recipient(subject);
    notification.set_reason(v1::Notification::MENTION);
    notification.set_resource(event.resource());
    notification.set_resource_type(event.resource_type());
    notification.set_event_type(event.type());
    notification.set_event_id(event.id());
    *notification.mutable_event_time() = event.event_time();
    notification.set_actor(event.actor());
  }
  return notifications;
}

// The service that knows who follows what has noted a change in the follower.
absl::StatusOr<std::vector<v1::Notification>> OfFollowing(const Event& event) {
  std::vector<v1::Notification> notifications;
  CRM_ASSIGN_OR_RETURN(const auto after, Read<Follower>(event, event.after()));
  Follower before;
  if (!event.before().empty()) {
    CRM_ASSIGN_OR_RETURN(before, Read<Follower>(event, event.before()));
  }
  const std::string& change = after.told_change().event_id();
  if (change.empty() || change == before.told_change().event_id()) {
    return notifications;
  }
  v1::Notification& notification = notifications.emplace_back();
  // He may be mentioned by the same change, and is told of that as well.
  notification.set_name(
      NotificationName(absl::StrCat(change, " followed"), after.owner()));
  notification.set_recipient(after.owner());
  notification.set_reason(v1::Notification::FOLLOW);
  notification.set_resource(after.resource());
  notification.set_event_id(change);
  *notification.mutable_event_time() = after.told_change().event_time();
  return notifications;
}

}  // namespace

std::string NotificationName(absl::string_view event_id,
                             absl::string_view recipient) {
  const std::string digest = Sha256(absl::StrCat(event_id, "\n", recipient));
  // An id begins with a letter, and a digest may not.
  return absl::StrCat("notifications/n",
                      absl::BytesToHexString(digest.substr(0, kIdBytes)));
}

bool ConcernsPeople(const Event& event) {
  return (event.resource_type() == kActivityType ||
          event.resource_type() == kFollowerType) &&
         !event.after().empty();
}

absl::StatusOr<std::vector<v1::Notification>> NotificationsOf(
    const Event& event, absl::Time now) {
  if (FromTimestamp(event.event_time()) + kToldWithin <= now) {
    return std::vector<v1::Notification>();
  }
  return event.resource_type() == kFollowerType ? OfFollowing(event)
                                                : OfMentions(event);
}

absl::Time EndOfNotification(const v1::Notification& notification) {
  absl::Time end = FromTimestamp(notification.event_time()) + kKeptAfterEvent;
  if (notification.has_read_time()) {
    end = std::min(end,
                   FromTimestamp(notification.read_time()) + kKeptAfterReading);
  }
  if (notification.has_archive_time()) {
    end = std::min(
        end, FromTimestamp(notification.archive_time()) + kKeptAfterReading);
  }
  return end;
}

}  // namespace crm::collaborative
