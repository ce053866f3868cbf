#include "gateway/local/profile_service.h"

#include <memory>
#include <string>
#include <vector>

#include "crm/profile/v1/profile.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/auth/default_roles.h"
#include "shared/cache/memory_slice_cache.h"
#include "shared/profile/compose.h"
#include "tests/gateway/http/loop_thread.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::internal::v1::SliceEnvelope;
using ::crm::profile::v1::GetProfileRequest;
using ::crm::profile::v1::Profile;
using ::crm::profile::v1::Slice;
using ::crm::testing::IsOk;

// Remembers what a call was answered.
struct Recorder final : CallObserver {
  void OnMetadata(Headers) override {}
  void OnMessage(std::string message) override {
    profile.ParseFromString(message);
  }
  void OnDone(absl::Status end, Headers) override {
    status = std::move(end);
    done = true;
  }

  Profile profile;
  absl::Status status;
  bool done = false;
};

// A service without owners: all it knows is in the cache.
class ProfileServiceTest : public ::testing::Test {
 protected:
  ProfileServiceTest()
      : roles_(*RoleTable::Parse(DefaultRoles())),
        reader_(thread_.loop(), clock_, {}),
        service_({.loop = thread_.loop(),
                  .clock = clock_,
                  .roles = roles_,
                  .secret = std::string(32, 's'),
                  .reader = reader_,
                  .cache = &cache_}) {}

  void Store(const std::string& tenant) {
    std::vector<SliceEnvelope> slices;
    for (const SliceSource& source : SliceSources()) {
      SliceEnvelope& slice = slices.emplace_back();
      slice.set_slice(source.name);
      slice.set_state(SliceEnvelope::PRESENT);
      slice.set_version(1);
      *slice.mutable_build_time() = ToTimestamp(clock_.Now());
      *slice.mutable_expire_time() =
          ToTimestamp(clock_.Now() + absl::Minutes(5));
    }
    ASSERT_THAT(cache_.Write({tenant, "customers/ada"}, slices), IsOk());
  }

  Profile Get(const std::string& role = "tenant_admin") {
    Recorder recorder;
    std::unique_ptr<MessageCall> call;
    thread_.Call([&] {
      CallHead head;
      head.principal = {
          .tenant = "acme", .subject = "user:ada", .roles = {role}};
      call = service_.Start(std::move(head), recorder);
      GetProfileRequest request;
      request.set_name("customers/ada/profile");
      call->Send(request.SerializeAsString());
      call->CloseSend();
    });
    EXPECT_TRUE(thread_.Eventually([&] { return recorder.done; }));
    thread_.Call([&] { call.reset(); });
    EXPECT_THAT(recorder.status, IsOk());
    return recorder.profile;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'500'000'000)};
  const RoleTable roles_;
  MemorySliceCache cache_{clock_};
  LoopThread thread_;
  SliceReader reader_;
  ProfileService service_;
};

TEST_F(ProfileServiceTest, AnswersFromTheCacheAlone) {
  Store("acme");

  const Profile profile = Get();

  ASSERT_EQ(profile.slices_size(), 5);
  for (const Slice& slice : profile.slices()) {
    EXPECT_EQ(slice.state(), Slice::FRESH);
  }
}

TEST_F(ProfileServiceTest, SaysSoWhenWhatItHasIsOld) {
  Store("acme");
  clock_.Advance(kMaxSliceAge + absl::Seconds(1));

  EXPECT_EQ(Get().slices(0).state(), Slice::STALE);
}

TEST_F(ProfileServiceTest, StillAnswersWithoutCacheAndOwners) {
  Store("acme");
  cache_.SetDown(true);

  const Profile profile = Get();

  ASSERT_EQ(profile.slices_size(), 5);
  EXPECT_EQ(profile.slices(0).state(), Slice::MISSING);
}

TEST_F(ProfileServiceTest, ShowsWhatIsCachedToThoseOnlyWhoSeeAll) {
  Store("acme");

  for (const char* role : {"sales_rep", "marketer", "privacy_officer"}) {
    EXPECT_EQ(Get(role).slices(0).state(), Slice::MISSING) << role;
  }
}

TEST_F(ProfileServiceTest, SeesNothingOfAnotherTenant) {
  Store("other");

  EXPECT_EQ(Get().slices(0).state(), Slice::MISSING);
}

}  // namespace
}  // namespace crm::gateway
