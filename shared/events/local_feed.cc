#include "shared/events/local_feed.h"

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

}  // namespace crm
