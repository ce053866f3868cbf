// How a consumer reaches the feed of a producing service.

#ifndef CRM_SHARED_EVENTS_FEED_CLIENT_H_
#define CRM_SHARED_EVENTS_FEED_CLIENT_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/internal/v1/feed.pb.h"

namespace crm {

// The feed of one service: over gRPC, or in the same process. Thread-safe.
class FeedClient {
 public:
  virtual ~FeedClient() = default;

  // Calls crm.internal.v1.Feed. All return the errors of that service, or
  // UNAVAILABLE or DEADLINE_EXCEEDED if it does not answer within `timeout`.
  virtual absl::StatusOr<internal::v1::ReadFeedResponse> Read(
      const internal::v1::ReadFeedRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<internal::v1::HeadFeedResponse> Head(
      absl::Duration timeout) = 0;
  virtual absl::Status Acknowledge(
      const internal::v1::AcknowledgeFeedRequest& request,
      absl::Duration timeout) = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_FEED_CLIENT_H_
