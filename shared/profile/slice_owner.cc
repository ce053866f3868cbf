#include "shared/profile/slice_owner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::ReadSlicesResponse;
using ::crm::internal::v1::SliceEnvelope;

constexpr int kSliceSchemaVersion = 1;

// Customers that wait for their tombstone; beyond it the oldest names go first.
// A lost tombstone costs freshness within the bound that readers keep anyway.
constexpr size_t kMaxPending = 100'000;

}  // namespace

SliceOwner::SliceOwner(std::vector<SliceDefinition> slices, SliceCache* cache,
                       int64_t feed_epoch, const Clock& clock,
                       FindVersion find_version)
    : slices_(std::move(slices)),
      cache_(cache),
      feed_epoch_(feed_epoch),
      clock_(clock),
      find_version_(std::move(find_version)) {
  for (const SliceDefinition& slice : slices_) names_.push_back(slice.name);
  if (cache_ != nullptr) thread_ = std::thread([this] { InvalidateLoop(); });
}

SliceOwner::~SliceOwner() { Stop(); }

void SliceOwner::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<ReadSlicesResponse> SliceOwner::Read(
    const std::string& tenant, const ReadSlicesRequest& request,
    absl::Time deadline) {
  std::vector<const SliceDefinition*> wanted;
  for (const SliceDefinition& slice : slices_) {
    if (request.slices().empty() ||
        std::count(request.slices().begin(), request.slices().end(),
                   slice.name) > 0) {
      wanted.push_back(&slice);
    }
  }
  for (const std::string& name : request.slices()) {
    if (std::count(names_.begin(), names_.end(), name) == 0) {
      return BadField("slices", absl::StrCat("must be some of ",
                                             absl::StrJoin(names_, ", "), "."));
    }
  }
  // A reader that names a version must not be given a build that began before
  // that version was there.
  const FlightKey key{
      tenant, request.customer(),
      absl::StrCat(absl::StrJoin(request.slices(), ","), "@",
                   request.min_service(), request.min_key_version(),
                   request.cached() ? "+" : "")};
  return flights_.Do(key, deadline,
                     [&] { return Build(tenant, request, wanted, deadline); });
}

absl::StatusOr<ReadSlicesResponse> SliceOwner::Build(
    const std::string& tenant, const ReadSlicesRequest& request,
    const std::vector<const SliceDefinition*>& wanted, absl::Time deadline) {
  ReadSlicesResponse response;
  for (const SliceDefinition* slice : wanted) {
    CRM_ASSIGN_OR_RETURN(SliceContent content,
                         slice->build(tenant, request, deadline));
    const absl::Time now = clock_.Now();
    SliceEnvelope& envelope = *response.add_slices();
    envelope.set_slice(slice->name);
    envelope.set_state(content.payload.has_value() ? SliceEnvelope::PRESENT
                                                   : SliceEnvelope::ABSENT);
    if (content.payload.has_value()) {
      envelope.set_payload(*std::move(content.payload));
    }
    if (content.as_of > absl::UnixEpoch()) {
      *envelope.mutable_as_of_time() = ToTimestamp(content.as_of);
    }
    *envelope.mutable_build_time() = ToTimestamp(now - content.age);
    *envelope.mutable_expire_time() = ToTimestamp(now + kSliceLifetime);
    envelope.set_feed_epoch(feed_epoch_);
    envelope.set_version(content.version);
    envelope.set_source_key_version(content.source_key_version);
    envelope.set_schema_version(kSliceSchemaVersion);
  }
  if (cache_ != nullptr && !request.cached()) {
    // The answer is right whether or not the cache takes it.
    std::vector<SliceEnvelope> kept;
    for (const SliceEnvelope& envelope : response.slices()) {
      if (envelope.state() == SliceEnvelope::PRESENT) kept.push_back(envelope);
    }
    if (!kept.empty()) {
      cache_->Write({tenant, request.customer()}, kept).IgnoreError();
    }
  }
  return response;
}

void SliceOwner::Invalidate(const std::string& tenant,
                            const std::string& customer, int64_t version) {
  if (cache_ == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    int64_t& newest = pending_[{tenant, customer}].version;
    newest = std::max(newest, version);
    if (pending_.size() > kMaxPending) pending_.erase(pending_.begin());
  }
  changed_.notify_one();
}

void SliceOwner::InvalidateFormer(const std::string& tenant,
                                  const std::string& customer) {
  if (cache_ == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    pending_[{tenant, customer}].is_former = true;
    if (pending_.size() > kMaxPending) pending_.erase(pending_.begin());
  }
  changed_.notify_one();
}

void SliceOwner::Tell(const SliceKey& key, const Pending& pending) {
  int64_t version = pending.version;
  if (pending.is_former && find_version_) {
    const absl::StatusOr<int64_t> found =
        find_version_(key.tenant, key.customer);
    if (found.ok()) version = std::max(version, *found + 1);
  }
  cache_->Invalidate(key, names_, feed_epoch_, version).IgnoreError();
}

void SliceOwner::InvalidateLoop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    if (stopping_) return;
    const auto entry = pending_.extract(pending_.begin());
    lock.unlock();
    Tell(entry.key(), entry.mapped());
    lock.lock();
  }
}

}  // namespace crm
