// How a slice is written into the cache.
//
//   byte 0       format, `1`
//   bytes 1-20   feed_epoch, decimal with leading zeros
//   bytes 21-40  version, likewise
//   byte 41      rank of the state at that version: 0 tombstone, 1 slice,
//                2 erased
//   bytes 42-49  CRC-32 of all other bytes, hexadecimal
//   from 50      the SliceEnvelope, serialised, its expire_time before the
//   other
//                fields
//
// The first 42 bytes order two entries as text does, so a script on the cache
// server can compare them without decoding anything. A reader learns from the
// head of an entry whether it is whole and for how long it may be used; only
// who shows the slice parses it. All functions are pure.

#ifndef CRM_SHARED_CACHE_SLICE_CODEC_H_
#define CRM_SHARED_CACHE_SLICE_CODEC_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/slice.pb.h"

namespace crm {

// The bytes by which entries are compared: of two the greater is newer.
inline constexpr size_t kSliceRankBytes = 42;

inline absl::string_view SliceRank(absl::string_view entry) {
  return entry.substr(0, kSliceRankBytes);
}

// Returns the entry of `slice`, or INVALID_ARGUMENT (SLICE_ENVELOPE) if it
// lacks slice, state or expire_time, or if epoch or version is negative.
absl::StatusOr<std::string> EncodeSlice(
    const internal::v1::SliceEnvelope& slice);

// Returns when `entry` expires, or nothing unless every byte is as EncodeSlice
// wrote it.
std::optional<absl::Time> CheckSlice(absl::string_view entry);

// Returns the slice of an entry that has been checked and is stored under the
// name `slice`, or nothing if it is of another name or rank.
std::optional<internal::v1::SliceEnvelope> ParseSlice(absl::string_view slice,
                                                      absl::string_view entry);

// Does both.
std::optional<internal::v1::SliceEnvelope> DecodeSlice(absl::string_view slice,
                                                       absl::string_view entry);

// Returns whether `entry` may replace `stored`, which may be damaged.
bool MayReplaceSlice(absl::string_view stored, absl::string_view entry);

}  // namespace crm

#endif  // CRM_SHARED_CACHE_SLICE_CODEC_H_
