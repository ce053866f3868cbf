// Follows the events of one other service: its feed, the consumer of it and,
// where several processes apply to one store, the leases of the partitions.

#ifndef CRM_SERVICES_HOST_FOLLOWED_SERVICE_H_
#define CRM_SERVICES_HOST_FOLLOWED_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/host/consumer_bindings.h"
#include "services/host/remote_feed.h"
#include "services/host/service.h"
#include "services/host/settings.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"
#include "shared/events/consumer.h"
#include "shared/redis/client.h"
#include "shared/storage/lease_keeper.h"

namespace crm {

// What following takes. All outlive the followed service; `redis` and `tls` may
// be null.
struct FollowingParts {
  const HostSettings& settings;
  RedisClient* redis;
  TlsFolder* tls;
  SystemTokenSource& tokens;
  const Clock& clock;
};

// Thread-safe.
class FollowedService {
 public:
  // Starts to follow. `holder` names this life of this process and no other.
  // Returns INVALID_ARGUMENT (BAD_CONFIG) if it is not known where the service
  // is.
  static absl::StatusOr<std::unique_ptr<FollowedService>> Start(
      const FollowingParts& parts, const Following& following,
      std::string holder);

  // Stops.
  ~FollowedService() { Stop(); }

  // Ends the consumer, and gives its partitions to the other processes.
  // Repeating it does nothing.
  void Stop();

  const Consumer& consumer() const { return *consumer_; }
  FollowedFeed feed() { return {following_, feed_.get()}; }

 private:
  FollowedService() = default;

  Following following_;
  std::unique_ptr<RemoteFeed> feed_;
  // Null where this process has the store to itself.
  std::unique_ptr<LeaseKeeper> keeper_;
  std::unique_ptr<Consumer> consumer_;
  bool stopped_ = false;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_FOLLOWED_SERVICE_H_
