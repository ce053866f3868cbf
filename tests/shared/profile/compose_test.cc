#include "shared/profile/compose.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::StatusIs;
using internal::v1::SliceEnvelope;
using profile::v1::IdentitySlice;
using profile::v1::Profile;
using profile::v1::Slice;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'500'000'000);

SliceEnvelope Envelope(const std::string& name, int64_t version,
                       absl::Duration age = absl::ZeroDuration(),
                       SliceEnvelope::State state = SliceEnvelope::PRESENT) {
  SliceEnvelope slice;
  slice.set_slice(name);
  slice.set_state(state);
  slice.set_version(version);
  *slice.mutable_build_time() = ToTimestamp(kNow - age);
  if (name == "IDENTITY") {
    IdentitySlice identity;
    identity.set_display_name("Ada");
    slice.set_payload(identity.SerializeAsString());
  }
  return slice;
}

StoredSlices Store(const std::vector<SliceEnvelope>& slices) {
  StoredSlices stored;
  for (const SliceEnvelope& slice : slices) stored[slice.slice()] = slice;
  return stored;
}

// The parts of a profile of IDENTITY alone.
ProfileParts IdentityParts() {
  ProfileParts parts;
  parts.customer = "customers/ada";
  parts.kinds = {Slice::IDENTITY};
  parts.rule.now = kNow;
  return parts;
}

Slice Only(const absl::StatusOr<Profile>& profile) {
  EXPECT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->slices_size(), 1);
  return profile->slices_size() == 1 ? profile->slices(0) : Slice();
}

TEST(PlanReads, AsksEveryOwnerWhenNothingIsStored) {
  EXPECT_THAT(
      PlanReads({}, {}, {.now = kNow, .seen_versions = {}}),
      ElementsAre(Pair("analytical", ElementsAre("SCORES", "LIFECYCLE")),
                  Pair("collaborative", ElementsAre("ENGAGEMENT")),
                  Pair("operational", ElementsAre("IDENTITY", "COMMERCIAL"))));
}

TEST(PlanReads, AsksForTheIdentityToKnowWhetherThereIsSuchACustomer) {
  EXPECT_THAT(
      PlanReads({Slice::ENGAGEMENT}, {}, {.now = kNow, .seen_versions = {}}),
      ElementsAre(Pair("collaborative", ElementsAre("ENGAGEMENT")),
                  Pair("operational", ElementsAre("IDENTITY"))));
}

TEST(PlanReads, AsksForNothingThatIsFresh) {
  const StoredSlices cached = Store(
      {Envelope("IDENTITY", 1, kMaxSliceAge),
       Envelope("COMMERCIAL", 1, kMaxSliceAge + absl::Microseconds(1)),
       Envelope("SCORES", 1, absl::ZeroDuration(), SliceEnvelope::TOMBSTONE),
       Envelope("LIFECYCLE", 1),
       Envelope("ENGAGEMENT", 1, absl::ZeroDuration(), SliceEnvelope::ERASED)});

  EXPECT_THAT(PlanReads({}, cached, {.now = kNow, .seen_versions = {}}),
              ElementsAre(Pair("analytical", ElementsAre("SCORES")),
                          Pair("operational", ElementsAre("COMMERCIAL"))));
}

TEST(PlanReads, AsksForWhatAClockAheadHasBuilt) {
  const StoredSlices cached = Store(
      {Envelope("IDENTITY", 1, -kMaxBuilderLead),
       Envelope("COMMERCIAL", 1, -kMaxBuilderLead - absl::Microseconds(1)),
       Envelope("SCORES", 1), Envelope("LIFECYCLE", 1),
       Envelope("ENGAGEMENT", 1)});

  EXPECT_THAT(PlanReads({}, cached, {.now = kNow, .seen_versions = {}}),
              ElementsAre(Pair("operational", ElementsAre("COMMERCIAL"))));
}

TEST(PlanReads, AsksWhoDoesNotKnowWhatTheCallerHasSeen) {
  SliceEnvelope scores = Envelope("SCORES", 9);
  scores.set_source_key_version(4);
  const StoredSlices cached =
      Store({Envelope("IDENTITY", 5), Envelope("COMMERCIAL", 4), scores,
             Envelope("LIFECYCLE", 1), Envelope("ENGAGEMENT", 1)});

  EXPECT_THAT(PlanReads({}, cached,
                        {.now = kNow, .seen_versions = {{"operational", 5}}}),
              ElementsAre(Pair("analytical", ElementsAre("SCORES")),
                          Pair("operational", ElementsAre("COMMERCIAL"))));
}

TEST(PlanReads, TakesALaterEpochForNewerWhateverItsVersions) {
  SliceEnvelope before = Envelope("IDENTITY", 9);
  before.set_feed_epoch(2);
  SliceEnvelope after = Envelope("COMMERCIAL", 1);
  after.set_feed_epoch(4);
  FreshnessRule rule{.now = kNow, .seen_versions = {{"operational", 5}}};
  rule.seen_epochs = {{"operational", 3}};

  EXPECT_THAT(PlanReads({Slice::IDENTITY, Slice::COMMERCIAL},
                        Store({before, after}), rule),
              ElementsAre(Pair("operational", ElementsAre("IDENTITY"))));
}

TEST(ComposeProfile, ShowsAFreshSliceWithItsVersions) {
  ProfileParts parts = IdentityParts();
  SliceEnvelope identity = Envelope("IDENTITY", 7, absl::Seconds(10));
  identity.set_feed_epoch(2);
  identity.mutable_as_of_time()->set_seconds(5);
  parts.cached = Store({identity});

  EXPECT_THAT(ComposeProfile(parts),
              testing::IsOkAndHolds(testing::EqualsProto(R"pb(
                name: "customers/ada/profile"
                customer: "customers/ada"
                slices {
                  kind: IDENTITY
                  state: FRESH
                  as_of_time { seconds: 5 }
                  build_time { seconds: 1499999990 }
                  source_version { feed_epoch: 2 version: 7 }
                  service: "operational"
                  identity { display_name: "Ada" }
                }
              )pb")));
}

TEST(ComposeProfile, IsFreshByTheOwnersAnswer) {
  ProfileParts parts = IdentityParts();
  parts.cached = Store({Envelope("IDENTITY", 1, absl::Hours(1))});
  parts.answers["operational"].slices = Store({Envelope("IDENTITY", 2)});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::FRESH);
  EXPECT_EQ(slice.source_version().version(), 2);
}

TEST(ComposeProfile, IsDegradedWhenTheCacheIsDown) {
  ProfileParts parts = IdentityParts();
  parts.cache_down = true;
  parts.answers["operational"].slices = Store({Envelope("IDENTITY", 2)});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::DEGRADED);
  EXPECT_EQ(slice.identity().display_name(), "Ada");
}

TEST(ComposeProfile, IsStaleWhenTheOwnerIsAway) {
  ProfileParts parts = IdentityParts();
  parts.cached = Store({Envelope("IDENTITY", 1, absl::Hours(1))});
  parts.answers["operational"].status = absl::UnavailableError("down");

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::STALE);
  EXPECT_EQ(slice.reason(), "SERVICE_UNREACHABLE");
  EXPECT_EQ(slice.identity().display_name(), "Ada");
}

TEST(ComposeProfile, IsStaleWhenTheOwnerHasNotReachedTheToken) {
  ProfileParts parts = IdentityParts();
  parts.rule.seen_versions["operational"] = 3;
  parts.answers["operational"].slices = Store({Envelope("IDENTITY", 2)});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::STALE);
  EXPECT_EQ(slice.reason(), "TOKEN_NOT_REACHED");
}

TEST(ComposeProfile, IsMissingWhenNothingIsKnown) {
  for (const absl::Status& status :
       {absl::UnavailableError("down"), absl::DeadlineExceededError("slow")}) {
    ProfileParts parts = IdentityParts();
    parts.cached = Store({Envelope("IDENTITY", 1, absl::ZeroDuration(),
                                   SliceEnvelope::TOMBSTONE)});
    parts.answers["operational"].status = status;

    const Slice slice = Only(ComposeProfile(parts));

    EXPECT_EQ(slice.state(), Slice::MISSING);
    EXPECT_EQ(slice.reason(), "SERVICE_UNREACHABLE");
    EXPECT_EQ(slice.content_case(), Slice::CONTENT_NOT_SET);
  }
}

TEST(ComposeProfile, IsMissingWhenTheBytesAreNoSlice) {
  ProfileParts parts = IdentityParts();
  SliceEnvelope broken = Envelope("IDENTITY", 1);
  broken.set_payload("\x0A\x7F");
  parts.answers["operational"].slices = Store({broken});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::MISSING);
  EXPECT_EQ(slice.reason(), "SLICE_UNREADABLE");
}

TEST(ComposeProfile, ShowsNothingOfWhatWasErased) {
  ProfileParts parts = IdentityParts();
  parts.cached = Store(
      {Envelope("IDENTITY", 1, absl::ZeroDuration(), SliceEnvelope::ERASED)});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::ERASED);
  EXPECT_EQ(slice.content_case(), Slice::CONTENT_NOT_SET);
}

TEST(ComposeProfile, FindsNoCustomerThatItsOwnerDoesNotKnow) {
  ProfileParts parts = IdentityParts();
  parts.kinds = {Slice::ENGAGEMENT};
  parts.answers["operational"].slices = Store(
      {Envelope("IDENTITY", 0, absl::ZeroDuration(), SliceEnvelope::ABSENT)});

  EXPECT_THAT(ComposeProfile(parts),
              StatusIs(absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND"));
}

TEST(ComposeProfile, BelievesAStoredAbsenceForSecondsOnly) {
  ProfileParts parts = IdentityParts();
  const auto absent = [](absl::Duration age) {
    return Store({Envelope("IDENTITY", 0, age, SliceEnvelope::ABSENT)});
  };

  parts.cached = absent(kMaxAbsenceAge);
  EXPECT_THAT(ComposeProfile(parts),
              StatusIs(absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND"));
  EXPECT_THAT(PlanReads(parts.kinds, parts.cached, parts.rule), IsEmpty());
  parts.cached = absent(kMaxAbsenceAge + absl::Seconds(1));
  EXPECT_EQ(PlanReads(parts.kinds, parts.cached, parts.rule).size(), 1u);
}

TEST(ComposeProfile, ShowsAnEmptySliceOfACustomerThatAnOwnerNeverMet) {
  ProfileParts parts = IdentityParts();
  parts.kinds = {Slice::SCORES};
  parts.cached = Store({Envelope("IDENTITY", 1)});
  parts.answers["analytical"].slices = Store(
      {Envelope("SCORES", 0, absl::ZeroDuration(), SliceEnvelope::ABSENT)});

  const Slice slice = Only(ComposeProfile(parts));

  EXPECT_EQ(slice.state(), Slice::FRESH);
  EXPECT_TRUE(slice.has_scores());
}

TEST(ComposeProfile, ShowsTheLifecycleOfACustomerWithARunOnly) {
  ProfileParts parts = IdentityParts();
  parts.kinds = {Slice::LIFECYCLE};
  SliceEnvelope lifecycle = Envelope("LIFECYCLE", 1);
  lifecycle.clear_payload();
  parts.cached = Store({Envelope("IDENTITY", 1), lifecycle});

  const Slice without = Only(ComposeProfile(parts));
  EXPECT_EQ(without.state(), Slice::FRESH);
  EXPECT_EQ(without.content_case(), Slice::CONTENT_NOT_SET);

  profile::v1::LifecycleSlice content;
  content.set_run(2);
  lifecycle.set_payload(content.SerializeAsString());
  parts.cached = Store({Envelope("IDENTITY", 1), lifecycle});

  const Slice with = Only(ComposeProfile(parts));
  EXPECT_EQ(with.state(), Slice::FRESH);
  EXPECT_EQ(with.lifecycle().run(), 2);

  lifecycle.set_payload("\xff");
  parts.cached = Store({Envelope("IDENTITY", 1), lifecycle});
  EXPECT_EQ(Only(ComposeProfile(parts)).reason(), "SLICE_UNREADABLE");
}

TEST(ComposeProfile, LeavesOutWhatTheCallerMayNotSee) {
  ProfileParts parts = IdentityParts();
  parts.kinds = {};
  parts.cached = Store({Envelope("IDENTITY", 1), Envelope("COMMERCIAL", 1)});
  parts.answers["analytical"].status = absl::PermissionDeniedError("no");
  parts.answers["collaborative"].status = absl::InternalError("bug");

  const absl::StatusOr<Profile> profile = ComposeProfile(parts);

  ASSERT_TRUE(profile.ok()) << profile.status();
  ASSERT_EQ(profile->slices_size(), 3);
  EXPECT_EQ(profile->slices(2).kind(), Slice::ENGAGEMENT);
  EXPECT_EQ(profile->slices(2).reason(), "SERVICE_FAILED");
}

}  // namespace
}  // namespace crm
