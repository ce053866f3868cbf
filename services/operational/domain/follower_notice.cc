#include "services/operational/domain/follower_notice.h"

#include "shared/base/clock.h"

namespace crm::operational {

bool IsWorthTelling(const internal::v1::Event& event) {
  return event.resource_type() != "crm/Follower";
}

bool Tell(const internal::v1::Event& event, v1::Follower& follower) {
  if (follower.owner() == event.actor() ||
      FromTimestamp(event.event_time()) <
          FromTimestamp(follower.create_time())) {
    return false;
  }
  follower.mutable_told_change()->set_event_id(event.id());
  *follower.mutable_told_change()->mutable_event_time() = event.event_time();
  return true;
}

}  // namespace crm::operational
