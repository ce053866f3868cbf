// The entries that mark slices as out of date.

#ifndef CRM_SHARED_CACHE_TOMBSTONE_H_
#define CRM_SHARED_CACHE_TOMBSTONE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/base/clock.h"

namespace crm {

// How long a tombstone tells readers which version is new enough. It keeps
// older slices out for as long as the entry exists, which is longer.
inline constexpr absl::Duration kTombstoneLife = absl::Seconds(60);

// Returns a tombstone for each of `slices`. Pure.
inline std::vector<internal::v1::SliceEnvelope> MakeTombstones(
    absl::Span<const std::string> slices, int64_t feed_epoch, int64_t version,
    absl::Time now) {
  std::vector<internal::v1::SliceEnvelope> tombstones(slices.size());
  for (size_t i = 0; i < slices.size(); ++i) {
    tombstones[i].set_slice(slices[i]);
    tombstones[i].set_state(internal::v1::SliceEnvelope::TOMBSTONE);
    tombstones[i].set_feed_epoch(feed_epoch);
    tombstones[i].set_version(version);
    *tombstones[i].mutable_build_time() = ToTimestamp(now);
    *tombstones[i].mutable_expire_time() = ToTimestamp(now + kTombstoneLife);
  }
  return tombstones;
}

}  // namespace crm

#endif  // CRM_SHARED_CACHE_TOMBSTONE_H_
