// What both slice caches promise.

#include "shared/cache/slice_cache.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cache/memory_slice_cache.h"
#include "shared/cache/redis_slice_cache.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;
using testing::ClientOptions;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Key;
using testing::kSliceTestTime;
using testing::RedisServer;
using ::testing::SizeIs;
using testing::Slice;
using testing::StatusIs;

class SliceCacheTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("Memory")) {
      cache_ = std::make_unique<MemorySliceCache>(clock_);
      return;
    }
    server_ = std::make_unique<RedisServer>();
    redis_ = std::make_unique<RedisClient>(ClientOptions(*server_), clock_);
    cache_ = std::make_unique<RedisSliceCache>(*redis_, clock_, /*seed=*/1);
  }

  SliceEnvelope Stored(const std::string& name) {
    const auto slices = cache_->Read(key_, {});
    EXPECT_THAT(slices, IsOk());
    const auto found = slices->find(name);
    return found == slices->end() ? SliceEnvelope() : found->second;
  }

  FakeClock clock_{kSliceTestTime};
  const SliceKey key_ = {"acme", "customers/c1"};
  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<RedisClient> redis_;
  std::unique_ptr<SliceCache> cache_;
};

TEST_P(SliceCacheTest, ReadsWhatWasWritten) {
  ASSERT_THAT(
      cache_->Write(key_, {Slice("IDENTITY", 1, 5), Slice("SERVICE", 1, 5)}),
      IsOkAndHolds(2));

  EXPECT_THAT(cache_->Read(key_, {}),
              IsOkAndHolds(ElementsAre(Key("IDENTITY"), Key("SERVICE"))));
  EXPECT_THAT(cache_->Read(key_, {"SERVICE", "SCORES"}),
              IsOkAndHolds(ElementsAre(Key("SERVICE"))));
  EXPECT_EQ(Stored("IDENTITY").payload(), "payload");
}

TEST_P(SliceCacheTest, CustomersAndTenantsAreApart) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOk());

  EXPECT_THAT(cache_->Read({"acme", "customers/c2"}, {}),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(cache_->Read({"other", "customers/c1"}, {}),
              IsOkAndHolds(IsEmpty()));
}

TEST_P(SliceCacheTest, AnOlderSliceDoesNotReplaceANewerOne) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOkAndHolds(1));

  EXPECT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 4)}), IsOkAndHolds(0));

  EXPECT_EQ(Stored("IDENTITY").version(), 5);
}

TEST_P(SliceCacheTest, ASlowBuilderCannotUndoAnInvalidation) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOk());
  ASSERT_THAT(cache_->Invalidate(key_, {"IDENTITY"}, 1, 6), IsOkAndHolds(1));

  EXPECT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOkAndHolds(0));
  EXPECT_EQ(Stored("IDENTITY").state(), SliceEnvelope::TOMBSTONE);
  EXPECT_EQ(Stored("IDENTITY").version(), 6);

  EXPECT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 6)}), IsOkAndHolds(1));
  EXPECT_EQ(Stored("IDENTITY").state(), SliceEnvelope::PRESENT);
}

TEST_P(SliceCacheTest, AnExpiredTombstoneStillKeepsOlderSlicesOut) {
  ASSERT_THAT(cache_->Invalidate(key_, {"IDENTITY"}, 1, 6), IsOkAndHolds(1));
  clock_.Advance(absl::Seconds(61));

  EXPECT_THAT(cache_->Read(key_, {}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOkAndHolds(0));
}

TEST_P(SliceCacheTest, ALateInvalidationDoesNotRemoveTheNewSlice) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 6)}), IsOk());

  EXPECT_THAT(cache_->Invalidate(key_, {"IDENTITY"}, 1, 6), IsOkAndHolds(0));

  EXPECT_EQ(Stored("IDENTITY").state(), SliceEnvelope::PRESENT);
}

TEST_P(SliceCacheTest, ANewEpochWinsWithAnyVersion) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 900)}), IsOk());

  EXPECT_THAT(cache_->Write(key_, {Slice("IDENTITY", 2, 1)}), IsOkAndHolds(1));
}

TEST_P(SliceCacheTest, EachSliceIsComparedOnItsOwn) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOk());

  EXPECT_THAT(
      cache_->Write(key_, {Slice("IDENTITY", 1, 4), Slice("SERVICE", 1, 4)}),
      IsOkAndHolds(1));

  EXPECT_THAT(cache_->Read(key_, {}), IsOkAndHolds(SizeIs(2)));
}

TEST_P(SliceCacheTest, ExpiredSlicesAreNotThere) {
  ASSERT_THAT(cache_->Write(key_, {Slice("IDENTITY", 1, 5)}), IsOk());

  clock_.Advance(absl::Minutes(5));

  EXPECT_THAT(cache_->Read(key_, {}), IsOkAndHolds(IsEmpty()));
}

TEST_P(SliceCacheTest, OneBadEnvelopeStoresNothing) {
  EXPECT_THAT(
      cache_->Write(key_, {Slice("IDENTITY", 1, 5), Slice("SERVICE", 1, -5)}),
      StatusIs(absl::StatusCode::kInvalidArgument, "SLICE_ENVELOPE"));

  EXPECT_THAT(cache_->Read(key_, {}), IsOkAndHolds(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Caches, SliceCacheTest,
                         ::testing::Values("Memory", "Redis"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace crm
