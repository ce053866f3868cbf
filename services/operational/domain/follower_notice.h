// Which followers are told of a change.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_NOTICE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_NOTICE_H_

#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/follower.pb.h"

namespace crm::operational {

// Whether followers are told of `event`: not of that they were told.
bool IsWorthTelling(const internal::v1::Event& event);

// Notes in `follower` that he was told of `event`, and returns whether he is:
// not if the change was his own, or made before he followed.
bool Tell(const internal::v1::Event& event, v1::Follower& follower);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FOLLOWER_NOTICE_H_
