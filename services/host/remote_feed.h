// The feed of another service, over gRPC, called as one of the suite's own
// processes.

#ifndef CRM_SERVICES_HOST_REMOTE_FEED_H_
#define CRM_SERVICES_HOST_REMOTE_FEED_H_

#include <string>

#include "shared/auth/tls_folder.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"
#include "shared/events/feed_client.h"
#include "shared/rpc/channel.h"

namespace crm {

// Calls crm.internal.v1.Feed at one address. Thread-safe.
class RemoteFeed final : public FeedClient {
 public:
  // Reads the feed of `producer`, in plaintext if `tls` is null. `tls`,
  // `tokens` and `clock` outlive this.
  RemoteFeed(const std::string& producer, const std::string& address,
             TlsFolder* tls, SystemTokenSource& tokens, const Clock& clock);

  absl::StatusOr<internal::v1::ReadFeedResponse> Read(
      const internal::v1::ReadFeedRequest& request,
      absl::Duration timeout) override;
  absl::StatusOr<internal::v1::HeadFeedResponse> Head(
      absl::Duration timeout) override;
  absl::Status Acknowledge(const internal::v1::AcknowledgeFeedRequest& request,
                           absl::Duration timeout) override;

 private:
  CallOptions OptionsFor(absl::Duration timeout);

  RpcChannel channel_;
  SystemTokenSource& tokens_;
  const Clock& clock_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_REMOTE_FEED_H_
