// How a slice is written into the cache.
//
//   byte 0       format, `1`
//   bytes 1-20   feed_epoch, decimal with leading zeros
//   bytes 21-40  version, likewise
//   byte 41      rank of the state at that version: 0 tombstone, 1 slice,
//                2 erased
//   bytes 42-49  CRC-32 of all other bytes, hexadecimal
//   from 50      the SliceEnvelope, serialised
//
// The first 42 bytes order two entries as text does, so a script on the cache
// server can compare them without decoding anything. All functions are pure.

#ifndef CRM_SHARED_CACHE_SLICE_CODEC_H_
#define CRM_SHARED_CACHE_SLICE_CODEC_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/slice.pb.h"

namespace crm {

// The bytes by which entries are compared.
inline constexpr size_t kSliceRankBytes = 42;

// Returns the entry of `slice`, or INVALID_ARGUMENT (SLICE_ENVELOPE) if it
// lacks slice, state or expire_time, or if epoch or version is negative.
absl::StatusOr<std::string> EncodeSlice(
    const internal::v1::SliceEnvelope& slice);

// Returns the slice of an entry stored under the name `slice`, or nothing
// unless every byte is as EncodeSlice writes it.
std::optional<internal::v1::SliceEnvelope> DecodeSlice(absl::string_view slice,
                                                       absl::string_view entry);

// Returns whether `entry` may replace `stored`, which may be damaged.
bool MayReplaceSlice(absl::string_view stored, absl::string_view entry);

// Returns whether `slice` would give way to `other`, as in a write.
bool IsOlderSlice(const internal::v1::SliceEnvelope& slice,
                  const internal::v1::SliceEnvelope& other);

}  // namespace crm

#endif  // CRM_SHARED_CACHE_SLICE_CODEC_H_
