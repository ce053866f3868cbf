// The slice cache in Redis with a near cache in front of it that Redis tells of
// every change.

#ifndef CRM_SHARED_CACHE_TRACKED_SLICE_CACHE_H_
#define CRM_SHARED_CACHE_TRACKED_SLICE_CACHE_H_

#include <memory>

#include "shared/base/clock.h"
#include "shared/cache/near_slice_cache.h"
#include "shared/cache/near_store.h"
#include "shared/cache/redis_slice_cache.h"
#include "shared/observe/metrics.h"
#include "shared/redis/client.h"
#include "shared/redis/invalidations.h"

namespace crm {

// Two connections: one that reads and one that hears of changes. When either
// ends, the near cache is emptied and passed by until changes are heard of
// again, so it serves nothing that it might not have been told of. Thread-safe.
class TrackedSliceCache final : public SliceCache {
 public:
  // `redis.on_disconnect` is replaced. `clock` and `metrics` outlive this.
  TrackedSliceCache(RedisClient::Options redis,
                    const NearStore::Options& near_store, const Clock& clock,
                    MetricRegistry& metrics);

  void Fetch(const SliceKey& key, SlicesFetched done) override {
    near_.Fetch(key, std::move(done));
  }
  absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) override {
    return near_.Write(key, slices);
  }
  absl::StatusOr<int> Invalidate(const SliceKey& key,
                                 absl::Span<const std::string> slices,
                                 int64_t feed_epoch, int64_t version) override {
    return near_.Invalidate(key, slices, feed_epoch, version);
  }

 private:
  const std::shared_ptr<NearStore> store_;
  // Told by the client when its connection ends.
  RedisInvalidations invalidations_;
  RedisClient client_;
  RedisSliceCache far_;
  NearSliceCache near_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_TRACKED_SLICE_CACHE_H_
