// Durable timers: what is to happen at an instant, stored in the transaction
// that decides it.
//
// A timer is known by its kind and key; setting one that is set moves it.
// Timers lie in partitions, by a hash of tenant and key, so that several
// processes can share them.

#ifndef CRM_SHARED_RESOURCE_TIMER_TABLE_H_
#define CRM_SHARED_RESOURCE_TIMER_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

inline constexpr int kTimerPartitions = 16;
inline constexpr size_t kMaxTimerKeyBytes = 512;
inline constexpr size_t kMaxTimerPayloadBytes = size_t{64} << 10;

// A timer.
struct Timer {
  std::string tenant;
  // What is done when it is due; names the function that does it.
  std::string kind;
  // Which of its kind it is, as a resource's name.
  std::string key;
  // When it is due, to the microsecond.
  absl::Time due_time;
  // What the function is given.
  std::string payload;
  // Of a timer that fires: the tries that failed, and why the last one did.
  int attempts = 0;
  std::string last_error = {};
};

// A timer as it is stored.
struct StoredTimer {
  Timer timer;
  int partition = 0;
};

// Returns the table.
SqlTable TimerTable();

// Returns the partition of a timer.
int TimerPartition(absl::string_view tenant, absl::string_view key);

// Sets `timer`, in place of one of the same kind and key. Returns INTERNAL
// (TIMER_INVALID) if it is too large or has no kind or key.
absl::Status SetTimer(SqlWriter& writer, const Timer& timer);

// Removes a timer. Returns whether there was one.
absl::StatusOr<bool> ClearTimer(SqlWriter& writer, absl::string_view tenant,
                                absl::string_view kind, absl::string_view key);

// Returns whether a timer is set.
absl::StatusOr<bool> HasTimer(SqlReader& reader, absl::string_view tenant,
                              absl::string_view kind, absl::string_view key);

// Removes `timer` as it was read. Returns whether it was still so: neither
// fired, removed nor moved.
absl::StatusOr<bool> TakeTimer(SqlWriter& writer, const StoredTimer& timer);

// Puts the next try of `timer` off, as TakeTimer does; nothing happens if it is
// not what it was.
absl::Status DelayTimer(SqlWriter& writer, const StoredTimer& timer,
                        absl::Time next_try, absl::string_view error);

// Returns up to `limit` timers of a partition that are due, the longest due
// first, of the given kinds.
absl::StatusOr<std::vector<StoredTimer>> DueTimers(
    SqlReader& reader, int partition, const std::vector<std::string>& kinds,
    absl::Time now, int limit);

// Returns when the next timer of a partition is to be tried; nothing without
// one.
absl::StatusOr<std::optional<absl::Time>> NextTimer(SqlReader& reader,
                                                    int partition);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_TIMER_TABLE_H_
