// Slices for the tests of the cache.

#ifndef CRM_TESTS_SHARED_CACHE_SLICES_H_
#define CRM_TESTS_SHARED_CACHE_SLICES_H_

#include <memory>
#include <string>
#include <vector>

#include "crm/internal/v1/slice.pb.h"
#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"
#include "shared/cache/slice_codec.h"

namespace crm::testing {

inline constexpr absl::Time kSliceTestTime =
    absl::FromUnixSeconds(1'700'000'000);

// A slice of that name, state and version that lives for five minutes.
inline internal::v1::SliceEnvelope Slice(
    const std::string& name, int64_t epoch, int64_t version,
    internal::v1::SliceEnvelope::State state =
        internal::v1::SliceEnvelope::PRESENT,
    const std::string& payload = "payload") {
  internal::v1::SliceEnvelope slice;
  slice.set_slice(name);
  slice.set_state(state);
  slice.set_payload(payload);
  slice.set_feed_epoch(epoch);
  slice.set_version(version);
  *slice.mutable_expire_time() = ToTimestamp(kSliceTestTime + absl::Minutes(5));
  return slice;
}

// The slices as a cache gives them.
inline SharedSlices Stored(
    const std::vector<internal::v1::SliceEnvelope>& slices) {
  auto stored = std::make_shared<SliceEntries>();
  for (const internal::v1::SliceEnvelope& slice : slices) {
    stored->push_back(
        *SliceEntry::Open(std::string(slice.slice()), *EncodeSlice(slice)));
  }
  return stored;
}

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_CACHE_SLICES_H_
