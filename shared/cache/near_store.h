// Slices in the memory of one process: what a near cache holds.
//
// An entry is served for a short time at most, and only while somebody tells
// which entries have changed. Between two threads, one that fills in what it
// read from the cache behind and one that says that it has changed, the change
// wins whichever comes first: who reads takes a ticket before, and a ticket
// from before a change fills in nothing.

#ifndef CRM_SHARED_CACHE_NEAR_STORE_H_
#define CRM_SHARED_CACHE_NEAR_STORE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"
#include "shared/observe/metrics.h"

namespace crm {

// Parts that each have a lock and an equal share of the room; in each the entry
// that has not been asked for the longest goes first, give or take an eighth of
// the greatest age. Closed at first. Thread-safe.
class NearStore {
 public:
  struct Options {
    size_t max_bytes = 64 * 1024 * 1024;
    // For how long an entry is served, whatever is heard of it.
    absl::Duration max_age = absl::Seconds(2);
    size_t parts = 16;
  };

  // `clock` and `metrics` outlive this.
  NearStore(const Options& options, const Clock& clock,
            MetricRegistry& metrics);

  // The permission to fill in what is read from now on.
  struct Ticket {
    uint64_t changes = 0;
    friend bool operator==(const Ticket&, const Ticket&) = default;
  };

  // What there is under a key: the slices, or null and, while the store is
  // open, a ticket.
  struct Found {
    SharedSlices slices;
    std::optional<Ticket> ticket;
  };
  Found Find(absl::string_view key);

  // Stores what was read after `ticket` was given, unless something has changed
  // since, or what is there is newer. It may be forgotten at any time.
  void Fill(absl::string_view key, const Ticket& ticket, SharedSlices slices);

  // Says that a key, or everything, has changed.
  void Forget(absl::string_view key);
  void ForgetAll();

  // Says that changes are told from now on, and that they no longer are. A
  // closed store is empty.
  void Open();
  void Close();

 private:
  struct Entry {
    std::string key;
    SharedSlices slices;
    size_t bytes;
    // By the monotonic clock: until when it is served, and since when it is
    // where it is in the list.
    absl::Duration end;
    absl::Duration moved;
  };
  struct Part {
    std::mutex mutex;
    bool open = false;
    uint64_t changes = 0;
    size_t bytes = 0;
    // The newest first.
    std::list<Entry> entries;
    absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator,
                        absl::Hash<absl::string_view>>
        by_key;
  };

  Part& PartOf(size_t hash);
  // Returns for how long `slices` may be served.
  absl::Duration LifeOf(const SliceEntries& slices) const;
  // Both with the lock of `part` held.
  void Remove(Part& part, std::list<Entry>::iterator entry);
  void Empty(Part& part);
  void EmptyAll(std::optional<bool> open);

  const Options options_;
  const Clock& clock_;
  const size_t bytes_per_part_;
  // An entry that was moved to the front so recently stays where it is: moving
  // it touches its neighbours, which costs more than all the rest of a hit.
  const absl::Duration stays_;
  Counter& hits_;
  Counter& misses_;
  Counter& bypasses_;
  Counter& invalidations_;
  Counter& resets_;
  Gauge& bytes_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_NEAR_STORE_H_
