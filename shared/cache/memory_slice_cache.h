// The slice cache in the memory of one process.

#ifndef CRM_SHARED_CACHE_MEMORY_SLICE_CACHE_H_
#define CRM_SHARED_CACHE_MEMORY_SLICE_CACHE_H_

#include <map>
#include <mutex>
#include <string>

#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"

namespace crm {

// Follows the same rules as the cache in Redis, without a bound on its size:
// for tests and for programs that serve few customers. Thread-safe.
class MemorySliceCache final : public SliceCache {
 public:
  // `clock` outlives this.
  explicit MemorySliceCache(const Clock& clock) : clock_(clock) {}

  void Fetch(const SliceKey& key, SlicesFetched done) override;
  absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) override;
  absl::StatusOr<int> Invalidate(const SliceKey& key,
                                 absl::Span<const std::string> slices,
                                 int64_t feed_epoch, int64_t version) override;

  // Makes every call return UNAVAILABLE (REDIS_DOWN) until set back.
  void SetDown(bool down);

 private:
  absl::StatusOr<SharedSlices> Stored(const SliceKey& key);

  const Clock& clock_;
  std::mutex mutex_;
  bool down_ = false;
  // Entries by customer and slice, encoded as they are in Redis.
  std::map<SliceKey, std::map<std::string, std::string>> entries_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_MEMORY_SLICE_CACHE_H_
