#include "shared/events/local_feed.h"

#include "shared/events/consumer_registry.h"

namespace crm {

absl::StatusOr<internal::v1::ReadFeedResponse> LocalFeed::Read(
    const internal::v1::ReadFeedRequest& request, absl::Duration timeout) {
  absl::StatusOr<internal::v1::ReadFeedResponse> response;
  const absl::Status status =
      database_.Read(clock_.Now() + timeout, [&](SqlReader& reader) {
        response = outbox_.Read(reader, request);
        return response.status();
      });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<internal::v1::HeadFeedResponse> LocalFeed::Head(
    absl::Duration timeout) {
  absl::StatusOr<internal::v1::HeadFeedResponse> response;
  const absl::Status status =
      database_.Read(clock_.Now() + timeout, [&](SqlReader& reader) {
        response = outbox_.Head(reader);
        return response.status();
      });
  if (!status.ok()) return status;
  return response;
}

absl::Status LocalFeed::Acknowledge(
    const internal::v1::AcknowledgeFeedRequest& request,
    absl::Duration timeout) {
  return database_.WriteAndWait(clock_.Now() + timeout, [&](SqlWriter& writer) {
    return RecordPositions(writer, request, outbox_.partitions(), clock_.Now());
  });
}

}  // namespace crm
