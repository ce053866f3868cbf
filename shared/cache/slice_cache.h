// The cache of profile slices: what is stored, and which of two writes wins.
//
// Only the owner of a slice writes it; everybody reads. A write is kept only if
// it is at least as new as what is there, by (feed_epoch, version) and then by
// state: at one version a slice (PRESENT, ABSENT) is newer than a TOMBSTONE,
// and ERASED is newer than both. So an owner who built a slice from an older
// state cannot put it back after an invalidation.

#ifndef CRM_SHARED_CACHE_SLICE_CACHE_H_
#define CRM_SHARED_CACHE_SLICE_CACHE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/cache/slice_entry.h"

namespace crm {

// Slices that many hold at once.
using SharedSlices = std::shared_ptr<const SliceEntries>;

// Is given what is stored, or why the cache cannot be used now.
using SlicesFetched = absl::AnyInvocable<void(absl::StatusOr<SharedSlices>) &&>;

// Whose slices are meant.
struct SliceKey {
  std::string tenant;
  // The customer, in the form `customers/{customer}`.
  std::string customer;

  friend auto operator<=>(const SliceKey&, const SliceKey&) = default;
};

// A cache of slices. Its errors mean that the cache cannot be used now, never
// that a slice is not there; callers then ask the owner. Thread-safe.
class SliceCache {
 public:
  virtual ~SliceCache() = default;

  // Gives `done` all slices of `key` that are stored and have not expired. A
  // TOMBSTONE is among them: it says from which version on an answer of the
  // owner is new enough. What is damaged is not there. Gives UNAVAILABLE
  // or DEADLINE_EXCEEDED while the cache is away. `done` is called once, by any
  // thread or before this returns; it must not block.
  virtual void Fetch(const SliceKey& key, SlicesFetched done) = 0;

  // Fetches, waits, and returns those of `slices` (all, if it is empty) that
  // are there. Must not be called by a `done`.
  absl::StatusOr<SliceMap> Read(const SliceKey& key,
                                absl::Span<const std::string> slices);

  // Stores each slice unless a newer one is there, and returns how many were
  // stored. An envelope names its slice, state, feed_epoch, version (neither
  // negative) and expire_time, or INVALID_ARGUMENT (SLICE_ENVELOPE) is returned
  // and nothing is stored. Returns UNAVAILABLE, DEADLINE_EXCEEDED or
  // RESOURCE_EXHAUSTED while the cache is away or full.
  virtual absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) = 0;

  // Marks the slices as out of date since `version`: writes a TOMBSTONE unless
  // a slice at least as new is there. Returns what Write() returns.
  virtual absl::StatusOr<int> Invalidate(const SliceKey& key,
                                         absl::Span<const std::string> slices,
                                         int64_t feed_epoch,
                                         int64_t version) = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_SLICE_CACHE_H_
