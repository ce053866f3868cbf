#include "shared/cache/memory_slice_cache.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/cache/slice_codec.h"
#include "shared/cache/tombstone.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;

absl::Status Down() {
  return Unavailable("REDIS_DOWN", "The cache is switched off.");
}

}  // namespace

void MemorySliceCache::Fetch(const SliceKey& key, SlicesFetched done) {
  std::move(done)(Stored(key));
}

absl::StatusOr<SharedSlices> MemorySliceCache::Stored(const SliceKey& key) {
  std::lock_guard lock(mutex_);
  if (down_) return Down();
  auto found = std::make_shared<SliceEntries>();
  for (const auto& [name, entry] : entries_[key]) {
    std::optional<SliceEntry> slice =
        SliceEntry::Open(std::string(name), std::string(entry));
    if (slice.has_value() && slice->expire_time() > clock_.Now()) {
      found->push_back(*std::move(slice));
    }
  }
  return found;
}

absl::StatusOr<int> MemorySliceCache::Write(
    const SliceKey& key, absl::Span<const SliceEnvelope> slices) {
  std::vector<std::string> encoded;
  for (const SliceEnvelope& slice : slices) {
    CRM_ASSIGN_OR_RETURN(std::string entry, EncodeSlice(slice));
    encoded.push_back(std::move(entry));
  }
  std::lock_guard lock(mutex_);
  if (down_) return Down();
  int stored = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    std::string& entry = entries_[key][slices[i].slice()];
    if (!MayReplaceSlice(entry, encoded[i])) continue;
    entry = std::move(encoded[i]);
    ++stored;
  }
  return stored;
}

absl::StatusOr<int> MemorySliceCache::Invalidate(
    const SliceKey& key, absl::Span<const std::string> slices,
    int64_t feed_epoch, int64_t version) {
  return Write(key, MakeTombstones(slices, feed_epoch, version, clock_.Now()));
}

void MemorySliceCache::SetDown(bool down) {
  std::lock_guard lock(mutex_);
  down_ = down;
}

}  // namespace crm
