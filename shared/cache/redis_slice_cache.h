// The slice cache in Redis: one hash a customer, one field a slice.

#ifndef CRM_SHARED_CACHE_REDIS_SLICE_CACHE_H_
#define CRM_SHARED_CACHE_REDIS_SLICE_CACHE_H_

#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"
#include "shared/redis/client.h"
#include "shared/redis/script.h"

namespace crm {

// What the keys of all slices begin with.
inline constexpr char kSliceKeyPrefix[] = "prof:";

// Returns the key of a customer's slices: `prof:{tenant:customer}`.
std::string SliceHashKey(const SliceKey& key);

// Compares and stores in one script on the server. A hash lives for 300 s after
// its last write, give or take a tenth so that hashes written together do not
// end together; a slice ends with its expire_time, checked on read.
// Thread-safe.
class RedisSliceCache final : public SliceCache {
 public:
  // `redis` and `clock` outlive this.
  RedisSliceCache(RedisClient& redis, const Clock& clock,
                  uint64_t seed = std::random_device()());

  void Fetch(const SliceKey& key, SlicesFetched done) override;
  absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) override;
  absl::StatusOr<int> Invalidate(const SliceKey& key,
                                 absl::Span<const std::string> slices,
                                 int64_t feed_epoch, int64_t version) override;

 private:
  // Returns the milliseconds that a hash written now lives.
  int64_t DrawTtlMilliseconds();

  RedisClient& redis_;
  const Clock& clock_;
  const RedisScript store_script_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_REDIS_SLICE_CACHE_H_
