// Makes a customer's profile of slices: which of the stored ones will do, whom
// to ask for the others, and what to say of those that nobody gave.
//
// Everything here is a pure function of its arguments. Who reads the cache and
// asks the owners calls PlanReads(), asks, and calls ComposeProfile().

#ifndef CRM_SHARED_PROFILE_COMPOSE_H_
#define CRM_SHARED_PROFILE_COMPOSE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/slice.pb.h"
#include "crm/profile/v1/profile.pb.h"
#include "crm/profile/v1/slice.pb.h"

namespace crm {

// A slice older than this is not shown without asking its owner.
inline constexpr absl::Duration kMaxSliceAge = absl::Seconds(60);
// How far ahead of ours the clock of a slice's builder may be: one that was
// built further in the future would look fresh for as long as it is ahead.
inline constexpr absl::Duration kMaxBuilderLead = absl::Seconds(5);
// That nobody has such a customer is believed for so long.
inline constexpr absl::Duration kMaxAbsenceAge = absl::Seconds(5);

// Where a kind of slice comes from.
struct SliceSource {
  profile::v1::Slice::Kind kind;
  // Its name in the cache, as `IDENTITY`.
  std::string name;
  // The service that owns it, as `operational`.
  std::string owner;
  // The service whose changes it is computed from, when that is another one.
  std::string producer;
};

// Returns the sources of the slices that are served, in the order of kinds.
const std::vector<SliceSource>& SliceSources();

// Slices by name.
using StoredSlices = std::map<std::string, internal::v1::SliceEnvelope>;

// How new slices have to be.
struct FreshnessRule {
  absl::Time now;
  // The versions of the customer that the caller has seen, by service.
  std::map<std::string, int64_t> seen_versions;
  // The epochs of the feeds that those versions are of. What was seen in an
  // epoch that has ended was lost with it: a slice of a later one is newer.
  std::map<std::string, int64_t> seen_epochs = {};
};

// What one owner answered.
struct OwnerAnswer {
  absl::Status status;
  StoredSlices slices;
};

// What a profile is made of.
struct ProfileParts {
  // The customer, in the form `customers/{customer}`.
  std::string customer;
  // The kinds that are asked for; all, if it is empty.
  std::vector<profile::v1::Slice::Kind> kinds;
  StoredSlices cached;
  // Whether the cache could not be read.
  bool cache_down = false;
  // What the owners that were asked answered, by service.
  std::map<std::string, OwnerAnswer> answers;
  FreshnessRule rule;
};

// Returns whether `slice` may be shown by `rule` without asking its owner: the
// owner has spoken (not a tombstone), not too long ago, and in knowledge of
// what the caller has seen.
bool IsFresh(const SliceSource& source,
             const internal::v1::SliceEnvelope& slice,
             const FreshnessRule& rule);

// Returns which slices to ask of which owner: those asked for, and IDENTITY,
// that are not stored or not fresh.
//
//   {"operational": ["IDENTITY", "COMMERCIAL"], "analytical": ["SCORES",
//    "LIFECYCLE"]}
std::map<std::string, std::vector<std::string>> PlanReads(
    const std::vector<profile::v1::Slice::Kind>& kinds,
    const StoredSlices& cached, const FreshnessRule& rule);

// Returns the profile. Each slice asked for is in it once: FRESH, DEGRADED when
// its owner answered while the cache was down, STALE when an older one is all
// there is, MISSING, or ERASED; one that its owner refuses the caller is left
// out.
//
// Returns NOT_FOUND (CUSTOMER_NOT_FOUND) when the owner of IDENTITY knows no
// such customer.
absl::StatusOr<profile::v1::Profile> ComposeProfile(const ProfileParts& parts);

}  // namespace crm

#endif  // CRM_SHARED_PROFILE_COMPOSE_H_
