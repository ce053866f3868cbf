#include "shared/cache/near_slice_cache.h"

#include <compare>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "shared/cache/redis_slice_cache.h"

namespace crm {

// Reads of the cache behind, each with those who wait for it. Thread-safe.
class NearSliceCache::Flights {
 public:
  // A key is not read again on the same ticket; on a later one it is, because
  // what is under way may be older than the change in between.
  struct Flight {
    std::string key;
    NearStore::Ticket ticket;
    friend auto operator<=>(const Flight& a, const Flight& b) {
      return std::tie(a.key, a.ticket.changes) <=>
             std::tie(b.key, b.ticket.changes);
    }
    friend bool operator==(const Flight&, const Flight&) = default;
  };

  // Adds one who waits. Returns whether it is the first.
  bool Join(const Flight& flight, SlicesFetched done) {
    std::lock_guard lock(mutex_);
    std::vector<SlicesFetched>& waiting = waiting_[flight];
    waiting.push_back(std::move(done));
    return waiting.size() == 1;
  }

  void Land(const Flight& flight, const absl::StatusOr<SharedSlices>& slices) {
    std::unique_lock lock(mutex_);
    const auto landed = waiting_.extract(flight);
    lock.unlock();
    for (SlicesFetched& done : landed.mapped()) std::move(done)(slices);
  }

 private:
  std::mutex mutex_;
  std::map<Flight, std::vector<SlicesFetched>> waiting_;
};

NearSliceCache::NearSliceCache(SliceCache& behind,
                               std::shared_ptr<NearStore> store)
    : behind_(behind),
      store_(std::move(store)),
      flights_(std::make_shared<Flights>()) {}

void NearSliceCache::Fetch(const SliceKey& key, SlicesFetched done) {
  Flights::Flight flight{SliceHashKey(key), {}};
  NearStore::Found found = store_->Find(flight.key);
  if (found.slices != nullptr) return std::move(done)(std::move(found.slices));
  if (!found.ticket.has_value()) return behind_.Fetch(key, std::move(done));
  flight.ticket = *found.ticket;
  if (!flights_->Join(flight, std::move(done))) return;
  behind_.Fetch(key, [store = store_, flights = flights_,
                      flight](const absl::StatusOr<SharedSlices>& slices) {
    if (slices.ok()) store->Fill(flight.key, flight.ticket, *slices);
    flights->Land(flight, slices);
  });
}

absl::StatusOr<int> NearSliceCache::Write(
    const SliceKey& key, absl::Span<const internal::v1::SliceEnvelope> slices) {
  absl::StatusOr<int> stored = behind_.Write(key, slices);
  store_->Forget(SliceHashKey(key));
  return stored;
}

absl::StatusOr<int> NearSliceCache::Invalidate(
    const SliceKey& key, absl::Span<const std::string> slices,
    int64_t feed_epoch, int64_t version) {
  absl::StatusOr<int> stored =
      behind_.Invalidate(key, slices, feed_epoch, version);
  store_->Forget(SliceHashKey(key));
  return stored;
}

}  // namespace crm
