#include "shared/cache/redis_slice_cache.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/cache/slice_codec.h"
#include "shared/cache/tombstone.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;

constexpr absl::Duration kHashTtl = absl::Seconds(300);
constexpr double kTtlJitter = 0.1;

// KEYS[1] the hash; ARGV[1] its time to live in ms; then pairs of field and
// entry. Returns how many were stored. A field whose first 42 bytes are not an
// entry's is overwritten. Text comparison is safe: both sides are digits of one
// length.
constexpr char kStoreScript[] = R"(
local stored = 0
for i = 2, #ARGV, 2 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local rank = old and #old >= 42 and string.match(string.sub(old, 1, 42), '^1%d+$')
  if not rank or string.sub(ARGV[i + 1], 1, 42) >= rank then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    stored = stored + 1
  end
end
if stored > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return stored
)";

absl::Status BadReply() {
  return Internal("REDIS_REPLY", "Redis sent a reply of an unexpected type.");
}

// Returns the slices in the answer to HGETALL that have not expired, and takes
// them out of it.
absl::StatusOr<SharedSlices> Decode(RedisReply& reply, absl::Time now) {
  CRM_RETURN_IF_ERROR(reply.status());
  std::vector<RedisReply>* fields = reply.array();
  if (fields == nullptr || fields->size() % 2 != 0) return BadReply();
  auto found = std::make_shared<SliceEntries>();
  for (size_t i = 0; i < fields->size(); i += 2) {
    std::string* name = (*fields)[i].text();
    std::string* entry = (*fields)[i + 1].text();
    if (name == nullptr || entry == nullptr) return BadReply();
    std::optional<SliceEntry> slice =
        SliceEntry::Open(std::move(*name), std::move(*entry));
    if (slice.has_value() && slice->expire_time() > now) {
      found->push_back(*std::move(slice));
    }
  }
  return found;
}

}  // namespace

std::string SliceHashKey(const SliceKey& key) {
  return absl::StrCat(kSliceKeyPrefix, "{", key.tenant, ":",
                      absl::StripPrefix(key.customer, "customers/"), "}");
}

RedisSliceCache::RedisSliceCache(RedisClient& redis, const Clock& clock,
                                 uint64_t seed)
    : redis_(redis),
      clock_(clock),
      store_script_(kStoreScript),
      random_(seed) {}

void RedisSliceCache::Fetch(const SliceKey& key, SlicesFetched done) {
  // A hash holds one field a slice of the suite, so all of it is little.
  redis_.SendOne({"HGETALL", SliceHashKey(key)}, redis_.command_timeout(),
                 [&clock = clock_, done = std::move(done)](
                     absl::StatusOr<std::vector<RedisReply>> replies) mutable {
                   if (!replies.ok()) return std::move(done)(replies.status());
                   std::move(done)(Decode(replies->front(), clock.Now()));
                 });
}

absl::StatusOr<int> RedisSliceCache::Write(
    const SliceKey& key, absl::Span<const SliceEnvelope> slices) {
  if (slices.empty()) return 0;
  RedisScript::Run run;
  run.keys = {SliceHashKey(key)};
  run.arguments = {absl::StrCat(DrawTtlMilliseconds())};
  for (const SliceEnvelope& slice : slices) {
    CRM_ASSIGN_OR_RETURN(std::string entry, EncodeSlice(slice));
    run.arguments.push_back(slice.slice());
    run.arguments.push_back(std::move(entry));
  }
  CRM_ASSIGN_OR_RETURN(
      const RedisReply reply,
      store_script_.Eval(redis_, run, redis_.command_timeout()));
  const int64_t* stored = reply.integer();
  if (stored == nullptr) return BadReply();
  return static_cast<int>(*stored);
}

absl::StatusOr<int> RedisSliceCache::Invalidate(
    const SliceKey& key, absl::Span<const std::string> slices,
    int64_t feed_epoch, int64_t version) {
  return Write(key, MakeTombstones(slices, feed_epoch, version, clock_.Now()));
}

int64_t RedisSliceCache::DrawTtlMilliseconds() {
  std::lock_guard lock(mutex_);
  const double factor = std::uniform_real_distribution<double>(
      1 - kTtlJitter, 1 + kTtlJitter)(random_);
  return absl::ToInt64Milliseconds(kHashTtl * factor);
}

}  // namespace crm
