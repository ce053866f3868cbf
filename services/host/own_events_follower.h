// Follows the service's own events, for what decides on them: reads its outbox
// and applies each event once, where several processes share the store by the
// one that has the partition. It reports how far it has come like any consumer,
// so no event is trimmed before it was decided on.

#ifndef CRM_SERVICES_HOST_OWN_EVENTS_FOLLOWER_H_
#define CRM_SERVICES_HOST_OWN_EVENTS_FOLLOWER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/host/consumer_bindings.h"
#include "shared/events/applier.h"
#include "shared/events/consumer.h"
#include "shared/events/local_feed.h"
#include "shared/resource/application.h"
#include "shared/resource/kernel.h"
#include "shared/storage/lease_keeper.h"

namespace crm {

// Thread-safe.
class OwnEventsFollower {
 public:
  // Starts to follow, if `application` decides on events at all. `kernel`
  // outlives this; `holder` names this life of this process and no other.
  OwnEventsFollower(const Kernel& kernel, const Application& application,
                    std::string holder);

  // Stops.
  ~OwnEventsFollower() { Stop(); }
  OwnEventsFollower(const OwnEventsFollower&) = delete;
  OwnEventsFollower& operator=(const OwnEventsFollower&) = delete;

  // Ends the thread, and gives its partitions to the other processes. Repeating
  // it does nothing.
  void Stop();

  // Adds what is followed to what an operator is told of and may repair.
  void AddTo(std::vector<const Consumer*>& consumers) const;
  void AddTo(std::vector<FollowedFeed>& feeds);

 private:
  const Kernel& kernel_;
  LocalFeed feed_;
  std::unique_ptr<Applier> applier_;
  // Null where this process has the store to itself.
  std::unique_ptr<LeaseKeeper> keeper_;
  // Null where nothing is followed.
  std::unique_ptr<Consumer> consumer_;
  bool stopped_ = false;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_OWN_EVENTS_FOLLOWER_H_
