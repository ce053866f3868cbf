// crm.internal.v1.Consumers: what an operator does about the events that a
// service follows.

#ifndef CRM_SERVICES_HOST_CONSUMER_BINDINGS_H_
#define CRM_SERVICES_HOST_CONSUMER_BINDINGS_H_

#include <vector>

#include "services/host/service.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"
#include "shared/events/feed_client.h"

namespace crm {

// A feed that the service follows, and how it is reached.
struct FollowedFeed {
  Following following;
  FeedClient* feed = nullptr;
};

// Returns the bindings of Consumers. `methods`, `clock` and what `followed`
// points to outlive them.
std::vector<MethodBinding> BindConsumers(const MethodTable& methods,
                                         std::vector<FollowedFeed> followed,
                                         const Clock& clock);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_CONSUMER_BINDINGS_H_
