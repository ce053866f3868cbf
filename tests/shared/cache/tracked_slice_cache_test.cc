#include "shared/cache/tracked_slice_cache.h"

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::ClientOptions;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::kSliceTestTime;
using testing::RedisServer;
using testing::Slice;
using testing::StatusIs;

// One who reads, as the gateway, and one who writes, as an owner, each with
// connections of its own. The clock stands still: nothing ends by its age.
class TrackedSliceCacheTest : public ::testing::Test {
 protected:
  TrackedSliceCacheTest() { AwaitTracking(); }

  // Waits until what is read is remembered.
  void AwaitTracking() {
    while (!owner_.Write(seen_, {Slice("IDENTITY", 1, 1)}).ok()) {
      std::this_thread::yield();
    }
    const uint64_t hits = Count("hits");
    while (Count("hits") == hits) (void)reader_.Read(seen_, {});
  }

  void Write(int64_t version) {
    ASSERT_THAT(owner_.Write(key_, {Slice("IDENTITY", 1, version)}), IsOk());
  }

  int64_t Version() {
    const auto slices = reader_.Read(key_, {});
    if (!slices.ok() || slices->empty()) return 0;
    return slices->at("IDENTITY").version();
  }

  // Reads until the version is there, or for 5 seconds.
  bool Sees(int64_t version) {
    const SystemClock clock;
    const absl::Duration end = clock.Monotonic() + absl::Seconds(5);
    while (Version() != version) {
      if (clock.Monotonic() > end) return false;
    }
    return true;
  }

  uint64_t Count(absl::string_view what) {
    return metrics_
        .AddCounter(absl::StrCat("crm_cache_near_", what, "_total"), "")
        .value();
  }

  RedisServer server_;
  FakeClock clock_{kSliceTestTime};
  const SystemClock system_clock_;
  MetricRegistry metrics_;
  RedisClient owner_client_{ClientOptions(server_), system_clock_};
  RedisSliceCache owner_{owner_client_, clock_, /*seed=*/1};
  TrackedSliceCache reader_{ClientOptions(server_), {}, clock_, metrics_};
  const SliceKey key_ = {"acme", "customers/c1"};
  // Another customer, by whom the test tells whether there is tracking.
  const SliceKey seen_ = {"acme", "customers/seen"};
};

TEST_F(TrackedSliceCacheTest, SeesWhatAnotherProcessWroteWithoutWaitingForAge) {
  for (int64_t version = 1; version <= 50; ++version) {
    Write(version);
    ASSERT_TRUE(Sees(version)) << version;
  }
}

TEST_F(TrackedSliceCacheTest, AnswersFromMemoryWhatHasNotChanged) {
  const uint64_t invalidations = Count("invalidations");
  Write(1);
  while (Count("invalidations") == invalidations) std::this_thread::yield();
  ASSERT_TRUE(Sees(1));
  const uint64_t hits = Count("hits");

  for (int i = 0; i < 100; ++i) EXPECT_EQ(Version(), 1);

  EXPECT_EQ(Count("hits"), hits + 100);
}

TEST_F(TrackedSliceCacheTest, ATombstoneTakesThePlaceOfWhatWasRemembered) {
  Write(1);
  ASSERT_TRUE(Sees(1));

  ASSERT_THAT(owner_.Invalidate(key_, {"IDENTITY"}, 1, 2), IsOkAndHolds(1));

  ASSERT_TRUE(Sees(2));
  EXPECT_EQ(reader_.Read(key_, {})->at("IDENTITY").state(),
            internal::v1::SliceEnvelope::TOMBSTONE);
}

TEST_F(TrackedSliceCacheTest, ForgetsAllWhenTheServerIsEmptied) {
  Write(1);
  ASSERT_TRUE(Sees(1));

  server_.Run({"FLUSHALL"});

  EXPECT_TRUE(Sees(0));
}

TEST_F(TrackedSliceCacheTest, ForgetsAllWhenItNoLongerHearsOfChanges) {
  Write(1);
  ASSERT_TRUE(Sees(1));
  const uint64_t resets = Count("resets");

  server_.Run({"CLIENT", "KILL", "TYPE", "pubsub"});
  while (Count("resets") == resets) std::this_thread::yield();
  // Nobody is told of this one, unless the connection is back.
  Write(2);

  EXPECT_TRUE(Sees(2));
  AwaitTracking();
  Write(3);
  EXPECT_TRUE(Sees(3));
}

TEST_F(TrackedSliceCacheTest, ForgetsAllWhenTheConnectionItReadsByEnds) {
  Write(1);
  ASSERT_TRUE(Sees(1));
  const uint64_t resets = Count("resets");

  server_.Run({"CLIENT", "KILL", "TYPE", "normal"});
  while (Count("resets") == resets) std::this_thread::yield();

  Write(2);
  EXPECT_TRUE(Sees(2));
  AwaitTracking();
}

TEST_F(TrackedSliceCacheTest, SaysSoWhenRedisIsGoneAndServesAgainAfter) {
  Write(1);
  ASSERT_TRUE(Sees(1));

  server_.Stop();
  while (reader_.Read(key_, {}).ok()) std::this_thread::yield();
  EXPECT_THAT(reader_.Read(key_, {}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECT"));
  server_.Restart();

  AwaitTracking();
  Write(2);
  EXPECT_TRUE(Sees(2));
}

TEST_F(TrackedSliceCacheTest, ServesNothingWithoutPermissionToTrack) {
  server_.Run({"ACL", "SETUSER", "default", "-client|tracking"});
  const uint64_t resets = Count("resets");
  server_.Run({"CLIENT", "KILL", "TYPE", "pubsub"});
  while (Count("resets") == resets) std::this_thread::yield();
  const uint64_t hits = Count("hits");
  Write(1);

  EXPECT_TRUE(Sees(1));
  EXPECT_EQ(Version(), 1);
  EXPECT_EQ(Count("hits"), hits);
}

}  // namespace
}  // namespace crm
