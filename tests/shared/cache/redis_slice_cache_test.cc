#include "shared/cache/redis_slice_cache.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cache/slice_codec.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;
using ::testing::AllOf;
using testing::ClientOptions;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Key;
using testing::kSliceTestTime;
using ::testing::Le;
using testing::RedisServer;
using testing::Slice;
using testing::StatusIs;

class RedisSliceCacheTest : public ::testing::Test {
 protected:
  RedisServer server_;
  FakeClock clock_{kSliceTestTime};
  RedisClient redis_{ClientOptions(server_), clock_};
  RedisSliceCache cache_{redis_, clock_, /*seed=*/1};
  const SliceKey key_ = {"acme", "customers/c1"};
};

TEST_F(RedisSliceCacheTest, TheHashIsNamedByTenantAndCustomer) {
  EXPECT_EQ(SliceHashKey(key_), "prof:{acme:c1}");
}

TEST_F(RedisSliceCacheTest, TheHashLivesFiveMinutesGiveOrTakeATenth) {
  ASSERT_THAT(cache_.Write(key_, {Slice("IDENTITY", 1, 5)}), IsOk());

  const RedisReply ttl = server_.Run({"PTTL", "prof:{acme:c1}"});

  ASSERT_NE(ttl.integer(), nullptr);
  EXPECT_THAT(*ttl.integer(), AllOf(Ge(260'000), Le(330'000)));
}

TEST_F(RedisSliceCacheTest, BadBytesAreNotThereAndAreOverwritten) {
  ASSERT_THAT(cache_.Write(key_, {Slice("SERVICE", 1, 5)}), IsOk());
  server_.Run({"HSET", "prof:{acme:c1}", "IDENTITY",
               std::string("1\0rubbish", 9), "SCORES", std::string(80, '9')});

  EXPECT_THAT(cache_.Read(key_, {}), IsOkAndHolds(ElementsAre(Key("SERVICE"))));
  EXPECT_THAT(
      cache_.Write(key_, {Slice("IDENTITY", 1, 1), Slice("SCORES", 1, 1)}),
      IsOkAndHolds(2));
}

TEST_F(RedisSliceCacheTest, AKeyOfAnotherTypeIsAnErrorNotAMiss) {
  server_.Run({"SET", "prof:{acme:c1}", "text"});

  EXPECT_THAT(cache_.Read(key_, {}),
              StatusIs(absl::StatusCode::kInternal, "REDIS_ERROR"));
}

TEST_F(RedisSliceCacheTest, ConcurrentWritersLeaveTheNewest) {
  std::vector<std::thread> writers;

  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this, writer] {
      for (int version = writer; version < 200; version += 4) {
        EXPECT_THAT(cache_.Write(key_, {Slice("IDENTITY", 1, version)}),
                    IsOk());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();

  const auto slices = cache_.Read(key_, {});
  ASSERT_THAT(slices, IsOk());
  EXPECT_EQ(slices->at("IDENTITY").version(), 199);
}

TEST_F(RedisSliceCacheTest, F08_SaysSoWhileRedisIsAwayAndServesAgainAfter) {
  server_.Stop();
  EXPECT_THAT(cache_.Read(key_, {}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECT"));

  server_.Restart();

  EXPECT_THAT(cache_.Read(key_, {}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(cache_.Write(key_, {Slice("IDENTITY", 1, 5)}), IsOkAndHolds(1));
}

}  // namespace
}  // namespace crm
