// A slice cache in front of another one: what was read before is answered from
// the memory of this process.

#ifndef CRM_SHARED_CACHE_NEAR_SLICE_CACHE_H_
#define CRM_SHARED_CACHE_NEAR_SLICE_CACHE_H_

#include <memory>
#include <vector>

#include "shared/cache/near_store.h"
#include "shared/cache/slice_cache.h"

namespace crm {

// Answers from `store` what is there. What is not is read from the cache
// behind, once at a time for a key, as long as nothing is said to have changed.
// What the cache behind has not stored is not remembered. Thread-safe.
class NearSliceCache final : public SliceCache {
 public:
  // `behind` outlives this.
  NearSliceCache(SliceCache& behind, std::shared_ptr<NearStore> store);

  void Fetch(const SliceKey& key, SlicesFetched done) override;
  absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) override;
  absl::StatusOr<int> Invalidate(const SliceKey& key,
                                 absl::Span<const std::string> slices,
                                 int64_t feed_epoch, int64_t version) override;

 private:
  class Flights;

  SliceCache& behind_;
  // Both are shared with the reads that are under way.
  const std::shared_ptr<NearStore> store_;
  const std::shared_ptr<Flights> flights_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_NEAR_SLICE_CACHE_H_
