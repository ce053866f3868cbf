// The feed of a service, read in its own process: answers the Feed service, and
// feeds consumers that live beside their producer.

#ifndef CRM_SHARED_EVENTS_LOCAL_FEED_H_
#define CRM_SHARED_EVENTS_LOCAL_FEED_H_

#include "shared/events/feed_client.h"
#include "shared/events/outbox.h"

namespace crm {

// Reads the outbox. Thread-safe.
class LocalFeed final : public FeedClient {
 public:
  // All outlive this.
  LocalFeed(Database& database, const Outbox& outbox, const Clock& clock)
      : database_(database), outbox_(outbox), clock_(clock) {}

  absl::StatusOr<internal::v1::ReadFeedResponse> Read(
      const internal::v1::ReadFeedRequest& request,
      absl::Duration timeout) override;
  absl::StatusOr<internal::v1::HeadFeedResponse> Head(
      absl::Duration timeout) override;
  absl::Status Acknowledge(const internal::v1::AcknowledgeFeedRequest& request,
                           absl::Duration timeout) override;

 private:
  Database& database_;
  const Outbox& outbox_;
  const Clock& clock_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_LOCAL_FEED_H_
