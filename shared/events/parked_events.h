// Events that could not be applied, and those of their ordering keys that wait
// behind them, in the store that holds the effect.
//
// All functions are parts of the caller's transaction and thread-safe.

#ifndef CRM_SHARED_EVENTS_PARKED_EVENTS_H_
#define CRM_SHARED_EVENTS_PARKED_EVENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/events/applier.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// The reason of events that only wait behind another.
inline constexpr absl::string_view kKeyParked = "KEY_PARKED";

// Returns the table, for the schema of the store.
SqlTable ParkedEventTable();

// Stores a parked event. The caller moves the position.
//
// Where the reason is kKeyParked and nothing of the key is parked any more,
// returns ABORTED (KEY_NOT_PARKED): somebody has replayed it, and the event is
// to be applied.
absl::Status StoreParkedEvent(SqlWriter& writer, const FeedStep& step,
                              const internal::v1::Event& event,
                              const absl::Status& reason, absl::Time now);

// Returns the keys of `producer` that are parked, and how many events.
struct ParkedKeys {
  std::vector<ParkedKey> keys;
  int64_t event_count = 0;
};
absl::StatusOr<ParkedKeys> LoadParkedKeys(SqlReader& reader,
                                          absl::string_view producer);

// Returns up to `limit` parked events of `tenant`, in the order of producer,
// partition and position, that come after `after`.
absl::StatusOr<std::vector<ParkedEvent>> ListParkedEvents(
    SqlReader& reader, absl::string_view tenant,
    const std::optional<ParkedPlace>& after, int limit);

// Returns the oldest parked event of `key`, or nothing. Returns DATA_LOSS
// (EVENT_UNREADABLE) if it cannot be decoded.
absl::StatusOr<std::optional<ParkedEvent>> OldestParkedEvent(
    SqlReader& reader, absl::string_view producer, const ParkedKey& key);

// Removes a parked event of `tenant`, once its effect is in the same
// transaction. Returns ABORTED (ALREADY_REPLAYED) if it is gone.
absl::Status RemoveParkedEvent(SqlWriter& writer, absl::string_view tenant,
                               const ParkedPlace& place);

// Applies the parked events of `key` in their order, each in a transaction of
// its own, and returns how many. Events that come meanwhile are replayed too.
// Stops at one that fails again, with its error and all that follow still
// parked.
absl::StatusOr<int> ReplayParkedKey(Applier& applier,
                                    absl::string_view producer,
                                    const ParkedKey& key, absl::Time deadline,
                                    const Clock& clock);

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_PARKED_EVENTS_H_
