#include "shared/profile/compose.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm {

using internal::v1::SliceEnvelope;
using profile::v1::Profile;
using profile::v1::Slice;

namespace {

constexpr char kIdentity[] = "IDENTITY";

bool IsWanted(const std::vector<Slice::Kind>& kinds, Slice::Kind kind) {
  return kinds.empty() ||
         std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

int64_t SeenVersion(const FreshnessRule& rule, const std::string& service) {
  const auto seen = rule.seen_versions.find(service);
  return seen == rule.seen_versions.end() ? 0 : seen->second;
}

bool KnowsWhatWasSeen(const SliceSource& source, const SliceEnvelope& slice,
                      const FreshnessRule& rule) {
  const auto epoch = rule.seen_epochs.find(source.owner);
  if (epoch != rule.seen_epochs.end() && slice.feed_epoch() != epoch->second) {
    return slice.feed_epoch() > epoch->second;
  }
  return slice.version() >= SeenVersion(rule, source.owner) &&
         (source.producer.empty() ||
          slice.source_key_version() >= SeenVersion(rule, source.producer));
}

const SliceEnvelope* Find(const StoredSlices& slices, const std::string& name) {
  const auto found = slices.find(name);
  return found == slices.end() ? nullptr : &found->second;
}

// Returns whether the owner has said something that can be shown.
bool Speaks(const SliceEnvelope& slice) {
  return slice.state() == SliceEnvelope::PRESENT ||
         slice.state() == SliceEnvelope::ABSENT ||
         slice.state() == SliceEnvelope::ERASED;
}

// Fills in the content of `slice` from its bytes. Returns whether they parse.
bool ParseContent(const SliceEnvelope& envelope, Slice& slice) {
  if (!envelope.key_id().empty()) return false;
  switch (slice.kind()) {
    case Slice::IDENTITY:
      return slice.mutable_identity()->ParseFromString(envelope.payload());
    case Slice::COMMERCIAL:
      return slice.mutable_commercial()->ParseFromString(envelope.payload());
    case Slice::SCORES:
      return slice.mutable_scores()->ParseFromString(envelope.payload());
    case Slice::LIFECYCLE:
      // Without a run nothing is shown, be it told or not known.
      return envelope.payload().empty() ||
             slice.mutable_lifecycle()->ParseFromString(envelope.payload());
    case Slice::ENGAGEMENT:
      return slice.mutable_engagement()->ParseFromString(envelope.payload());
    default:
      return false;
  }
}

// Shows `envelope` as `slice` in `state`, unless it was erased.
void Show(const SliceEnvelope& envelope, Slice::State state,
          absl::string_view reason, Slice& slice) {
  *slice.mutable_as_of_time() = envelope.as_of_time();
  *slice.mutable_build_time() = envelope.build_time();
  slice.mutable_source_version()->set_feed_epoch(envelope.feed_epoch());
  slice.mutable_source_version()->set_version(envelope.version());
  if (envelope.state() == SliceEnvelope::ERASED) {
    slice.set_state(Slice::ERASED);
    return;
  }
  if (!ParseContent(envelope, slice)) {
    slice.clear_content();
    slice.set_state(Slice::MISSING);
    slice.set_reason("SLICE_UNREADABLE");
    return;
  }
  slice.set_state(state);
  slice.set_reason(std::string(reason));
}

std::string ReasonOf(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
      absl::IsCancelled(status)) {
    return "SERVICE_UNREACHABLE";
  }
  return status.ok() ? "SLICE_NOT_ANSWERED" : "SERVICE_FAILED";
}

// Shows what is left when the owner gave nothing: the stored slice, or nothing.
void ShowWithoutOwner(const SliceEnvelope* cached, const std::string& reason,
                      Slice& slice) {
  if (cached != nullptr && Speaks(*cached)) {
    Show(*cached, Slice::STALE, reason, slice);
    return;
  }
  slice.set_state(Slice::MISSING);
  slice.set_reason(reason);
}

Slice ComposeSlice(const SliceSource& source, const ProfileParts& parts) {
  Slice slice;
  slice.set_kind(source.kind);
  slice.set_service(source.owner);
  const SliceEnvelope* cached = Find(parts.cached, source.name);
  if (cached != nullptr && IsFresh(source, *cached, parts.rule)) {
    Show(*cached, Slice::FRESH, "", slice);
    return slice;
  }
  const auto answer = parts.answers.find(source.owner);
  if (answer == parts.answers.end()) {
    ShowWithoutOwner(cached, "SERVICE_UNREACHABLE", slice);
    return slice;
  }
  const SliceEnvelope* answered = Find(answer->second.slices, source.name);
  if (answered == nullptr || !Speaks(*answered)) {
    ShowWithoutOwner(cached, ReasonOf(answer->second.status), slice);
  } else if (!KnowsWhatWasSeen(source, *answered, parts.rule)) {
    Show(*answered, Slice::STALE, "TOKEN_NOT_REACHED", slice);
  } else {
    Show(*answered, parts.cache_down ? Slice::DEGRADED : Slice::FRESH, "",
         slice);
  }
  return slice;
}

// Returns whether the owner of IDENTITY says that there is no such customer.
bool IsUnknown(const ProfileParts& parts) {
  const SliceSource& source = SliceSources().front();
  const SliceEnvelope* cached = Find(parts.cached, kIdentity);
  if (cached != nullptr && IsFresh(source, *cached, parts.rule)) {
    return cached->state() == SliceEnvelope::ABSENT;
  }
  const auto answer = parts.answers.find(source.owner);
  if (answer == parts.answers.end()) return false;
  const SliceEnvelope* answered = Find(answer->second.slices, kIdentity);
  return absl::IsNotFound(answer->second.status) ||
         (answered != nullptr && answered->state() == SliceEnvelope::ABSENT);
}

bool IsRefused(const SliceSource& source, const ProfileParts& parts) {
  const auto answer = parts.answers.find(source.owner);
  return answer != parts.answers.end() &&
         absl::IsPermissionDenied(answer->second.status);
}

}  // namespace

const std::vector<SliceSource>& SliceSources() {
  static const auto& sources = *new std::vector<SliceSource>{
      {Slice::IDENTITY, kIdentity, "operational", ""},
      {Slice::COMMERCIAL, "COMMERCIAL", "operational", ""},
      {Slice::SCORES, "SCORES", "analytical", "operational"},
      {Slice::LIFECYCLE, "LIFECYCLE", "analytical", ""},
      {Slice::ENGAGEMENT, "ENGAGEMENT", "collaborative", ""},
  };
  return sources;
}

bool IsFresh(const SliceSource& source, const SliceEnvelope& slice,
             const FreshnessRule& rule) {
  if (!Speaks(slice) || !slice.key_id().empty()) return false;
  const absl::Duration age = rule.now - FromTimestamp(slice.build_time());
  const bool absent = slice.state() == SliceEnvelope::ABSENT;
  // A token that is about this service means the caller has seen the customer.
  if (absent && SeenVersion(rule, source.owner) > 0) return false;
  return age >= -kMaxBuilderLead &&
         age <= (absent ? kMaxAbsenceAge : kMaxSliceAge) &&
         KnowsWhatWasSeen(source, slice, rule);
}

std::map<std::string, std::vector<std::string>> PlanReads(
    const std::vector<Slice::Kind>& kinds, const StoredSlices& cached,
    const FreshnessRule& rule) {
  std::map<std::string, std::vector<std::string>> plan;
  for (const SliceSource& source : SliceSources()) {
    // Whether there is such a customer is known by the identity.
    if (!IsWanted(kinds, source.kind) && source.name != kIdentity) continue;
    const SliceEnvelope* slice = Find(cached, source.name);
    if (slice != nullptr && IsFresh(source, *slice, rule)) continue;
    plan[source.owner].push_back(source.name);
  }
  return plan;
}

absl::StatusOr<Profile> ComposeProfile(const ProfileParts& parts) {
  if (IsUnknown(parts)) {
    return NotFound(
        "CUSTOMER_NOT_FOUND",
        absl::StrCat("There is no customer '", parts.customer, "'."),
        {{"name", parts.customer}});
  }
  Profile profile;
  profile.set_name(absl::StrCat(parts.customer, "/profile"));
  profile.set_customer(parts.customer);
  for (const SliceSource& source : SliceSources()) {
    if (!IsWanted(parts.kinds, source.kind) || IsRefused(source, parts)) {
      continue;
    }
    *profile.add_slices() = ComposeSlice(source, parts);
  }
  return profile;
}

}  // namespace crm
