// Who follows the feed of a service and how far each has come, in the service's
// own database: nothing that a consumer still needs is removed.
//
// A consumer registers by reporting its durable positions, and again and again
// after that. One that was silent for too long is expelled: it has to read the
// resources anew when it comes back.

#ifndef CRM_SHARED_EVENTS_CONSUMER_REGISTRY_H_
#define CRM_SHARED_EVENTS_CONSUMER_REGISTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/internal/v1/feed.pb.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// The most consumers that a feed takes.
inline constexpr int kMaxFeedConsumers = 64;

// How long a consumer may be silent.
inline constexpr absl::Duration kConsumerSilence = absl::Hours(7 * 24);

// Returns the table, for the schema of the service's database.
SqlTable ConsumerRegistryTable();

// Stores what a consumer reports: a position never goes back within an epoch.
// Returns INVALID_ARGUMENT (BAD_REQUEST) for a name, partition or position that
// cannot be, RESOURCE_EXHAUSTED (TOO_MANY_CONSUMERS) beyond kMaxFeedConsumers.
absl::Status RecordPositions(
    SqlWriter& writer, const internal::v1::AcknowledgeFeedRequest& request,
    int partitions, absl::Time now);

// Returns up to which position every registered consumer of `feed_epoch` has
// applied each partition; the heads where nobody is registered. Consumers of
// an earlier epoch have applied nothing of this one.
absl::StatusOr<std::vector<int64_t>> ConsumedSeqs(SqlReader& reader,
                                                  int64_t feed_epoch,
                                                  std::vector<int64_t> heads);

// Removes the consumers that have reported nothing since `before` and returns
// their names.
absl::StatusOr<std::vector<std::string>> ExpelConsumers(SqlWriter& writer,
                                                        absl::Time before);

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_CONSUMER_REGISTRY_H_
