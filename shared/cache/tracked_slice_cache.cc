#include "shared/cache/tracked_slice_cache.h"

#include <string>
#include <utility>

namespace crm {
namespace {

RedisInvalidations::Listener ListenerFor(NearStore& store) {
  return {
      .begun = [&store] { store.Open(); },
      .ended = [&store] { store.Close(); },
      .changed =
          [&store](absl::Span<const std::string> keys) {
            for (const std::string& key : keys) store.Forget(key);
          },
      .all_changed = [&store] { store.ForgetAll(); },
  };
}

RedisClient::Options Restarting(RedisClient::Options options,
                                RedisInvalidations& invalidations) {
  options.on_disconnect = [&invalidations] { invalidations.Restart(); };
  return options;
}

}  // namespace

TrackedSliceCache::TrackedSliceCache(RedisClient::Options redis,
                                     const NearStore::Options& near_store,
                                     const Clock& clock,
                                     MetricRegistry& metrics)
    : store_(std::make_shared<NearStore>(near_store, clock, metrics)),
      invalidations_({.endpoint = redis.endpoint, .prefix = kSliceKeyPrefix},
                     ListenerFor(*store_)),
      client_(Restarting(std::move(redis), invalidations_), clock),
      far_(client_, clock),
      near_(far_, store_) {}

}  // namespace crm
