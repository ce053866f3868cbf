#include "shared/cache/near_store.h"

#include <algorithm>
#include <utility>

namespace crm {
namespace {

// What an entry takes besides its key and its slices: its nodes in the list and
// in the table, and what the allocator adds.
constexpr size_t kEntryOverhead = 256;
constexpr size_t kSliceOverhead = 32;

size_t BytesOf(absl::string_view key, const SliceEntries& slices) {
  size_t bytes = kEntryOverhead + key.size() + sizeof(SliceEntries);
  for (const SliceEntry& slice : slices) {
    bytes += kSliceOverhead + slice.allocated();
  }
  return bytes;
}

size_t HashOf(absl::string_view key) {
  return absl::Hash<absl::string_view>()(key);
}

// Whether `slices` would put an older slice in the place of one of `stored`.
bool AnyOlder(const SliceEntries& slices, const SliceEntries& stored) {
  return std::any_of(
      slices.begin(), slices.end(), [&](const SliceEntry& slice) {
        const SliceEntry* other = FindSlice(stored, slice.name());
        return other != nullptr && slice.IsOlderThan(*other);
      });
}

}  // namespace

NearStore::NearStore(const Options& options, const Clock& clock,
                     MetricRegistry& metrics)
    : options_(options),
      clock_(clock),
      bytes_per_part_(options.max_bytes / options.parts),
      stays_(options.max_age / 8),
      hits_(metrics.AddCounter("crm_cache_near_hits_total",
                               "Reads answered by the near cache.")),
      misses_(
          metrics.AddCounter("crm_cache_near_misses_total",
                             "Reads that the near cache could not answer.")),
      bypasses_(metrics.AddCounter(
          "crm_cache_near_bypasses_total",
          "Reads past the near cache while changes were not told.")),
      invalidations_(metrics.AddCounter("crm_cache_near_invalidations_total",
                                        "Keys told to have changed.")),
      resets_(metrics.AddCounter("crm_cache_near_resets_total",
                                 "How often the near cache was emptied.")),
      bytes_(metrics.AddGauge("crm_cache_near_held_bytes",
                              "Bytes that the near cache holds.")) {
  for (size_t i = 0; i < options.parts; ++i) {
    parts_.push_back(std::make_unique<Part>());
  }
}

// The tables of the parts use the lower bits.
NearStore::Part& NearStore::PartOf(size_t hash) {
  return *parts_[(hash >> 40) % parts_.size()];
}

NearStore::Found NearStore::Find(absl::string_view key) {
  const size_t hash = HashOf(key);
  Part& part = PartOf(hash);
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(part.mutex);
  if (!part.open) {
    bypasses_.Increment();
    return {};
  }
  const auto found = part.by_key.find(key, hash);
  if (found == part.by_key.end() || found->second->end <= now) {
    // What has ended stays until it is replaced: a slow reader must not put
    // anything older in its place.
    misses_.Increment();
    return {nullptr, Ticket{part.changes}};
  }
  hits_.Increment();
  Entry& entry = *found->second;
  if (now - entry.moved > stays_) {
    entry.moved = now;
    part.entries.splice(part.entries.begin(), part.entries, found->second);
  }
  return {entry.slices, std::nullopt};
}

absl::Duration NearStore::LifeOf(const SliceEntries& slices) const {
  const absl::Time now = clock_.Now();
  absl::Duration life = options_.max_age;
  for (const SliceEntry& slice : slices) {
    life = std::min(life, slice.expire_time() - now);
  }
  return life;
}

void NearStore::Fill(absl::string_view key, const Ticket& ticket,
                     SharedSlices slices) {
  const size_t bytes = BytesOf(key, *slices);
  if (slices->empty() || bytes > bytes_per_part_) return;
  const absl::Duration now = clock_.Monotonic();
  const absl::Duration end = now + LifeOf(*slices);
  Entry entry{std::string(key), std::move(slices), bytes, end, now};
  Part& part = PartOf(HashOf(key));
  std::lock_guard lock(part.mutex);
  if (!part.open || part.changes != ticket.changes) return;
  if (const auto found = part.by_key.find(key); found != part.by_key.end()) {
    if (AnyOlder(*entry.slices, *found->second->slices)) return;
    Remove(part, found->second);
  }
  while (part.bytes + bytes > bytes_per_part_) {
    Remove(part, std::prev(part.entries.end()));
  }
  part.entries.push_front(std::move(entry));
  part.by_key[part.entries.front().key] = part.entries.begin();
  part.bytes += bytes;
  bytes_.Add(static_cast<double>(bytes));
}

void NearStore::Forget(absl::string_view key) {
  invalidations_.Increment();
  Part& part = PartOf(HashOf(key));
  std::lock_guard lock(part.mutex);
  ++part.changes;
  const auto found = part.by_key.find(key);
  if (found != part.by_key.end()) Remove(part, found->second);
}

void NearStore::ForgetAll() { EmptyAll(std::nullopt); }

void NearStore::Open() { EmptyAll(true); }

void NearStore::Close() { EmptyAll(false); }

void NearStore::EmptyAll(std::optional<bool> open) {
  resets_.Increment();
  for (const std::unique_ptr<Part>& part : parts_) {
    std::lock_guard lock(part->mutex);
    if (open.has_value()) part->open = *open;
    Empty(*part);
  }
}

void NearStore::Empty(Part& part) {
  ++part.changes;
  part.by_key.clear();
  part.entries.clear();
  bytes_.Add(-static_cast<double>(std::exchange(part.bytes, 0)));
}

void NearStore::Remove(Part& part, std::list<Entry>::iterator entry) {
  part.bytes -= entry->bytes;
  bytes_.Add(-static_cast<double>(entry->bytes));
  part.by_key.erase(entry->key);
  part.entries.erase(entry);
}

}  // namespace crm
