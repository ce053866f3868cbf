#include "shared/cache/near_slice_cache.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cache/memory_slice_cache.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::kSliceTestTime;
using ::testing::SizeIs;
using testing::Slice;
using testing::StatusIs;

// A cache whose answers come when the test says so, as they were when asked.
class HeldCache final : public SliceCache {
 public:
  explicit HeldCache(const Clock& clock) : stored_(clock) {}

  void Fetch(const SliceKey& key, SlicesFetched done) override {
    stored_.Fetch(key, [&](absl::StatusOr<SharedSlices> found) {
      held_.emplace_back(std::move(done), std::move(found));
    });
  }
  absl::StatusOr<int> Write(
      const SliceKey& key,
      absl::Span<const internal::v1::SliceEnvelope> slices) override {
    return stored_.Write(key, slices);
  }
  absl::StatusOr<int> Invalidate(const SliceKey& key,
                                 absl::Span<const std::string> slices,
                                 int64_t feed_epoch, int64_t version) override {
    return stored_.Invalidate(key, slices, feed_epoch, version);
  }

  void SetDown(bool down) { stored_.SetDown(down); }
  size_t held() const { return held_.size(); }
  void ReleaseOne() {
    auto [done, found] = std::move(held_.front());
    held_.pop_front();
    std::move(done)(std::move(found));
  }

 private:
  MemorySliceCache stored_;
  std::deque<std::pair<SlicesFetched, absl::StatusOr<SharedSlices>>> held_;
};

// What one reader got.
struct Reader {
  std::optional<absl::StatusOr<SharedSlices>> got;

  int64_t version() const {
    if (!got.has_value()) return -1;
    const SliceMap slices = ParseSlices(***got);
    return slices.empty() ? 0 : slices.at("IDENTITY").version();
  }
};

class NearSliceCacheTest : public ::testing::Test {
 protected:
  NearSliceCacheTest() { store_->Open(); }

  void Write(int64_t version) {
    ASSERT_THAT(behind_.Write(key_, {Slice("IDENTITY", 1, version)}), IsOk());
  }

  [[nodiscard]] std::unique_ptr<Reader> Read() {
    auto reader = std::make_unique<Reader>();
    near_.Fetch(key_, [to = reader.get()](absl::StatusOr<SharedSlices> found) {
      to->got = std::move(found);
    });
    return reader;
  }

  FakeClock clock_{kSliceTestTime};
  MetricRegistry metrics_;
  const std::shared_ptr<NearStore> store_ = std::make_shared<NearStore>(
      NearStore::Options{.parts = 1}, clock_, metrics_);
  HeldCache behind_{clock_};
  NearSliceCache near_{behind_, store_};
  const SliceKey key_ = {"acme", "customers/c1"};
};

TEST_F(NearSliceCacheTest, ReadsTheCacheBehindOnceAndThenItsOwn) {
  Write(3);
  const auto first = Read();
  ASSERT_EQ(behind_.held(), 1);
  behind_.ReleaseOne();

  const auto second = Read();

  EXPECT_EQ(first->version(), 3);
  EXPECT_EQ(second->version(), 3);
  EXPECT_EQ(behind_.held(), 0);
}

TEST_F(NearSliceCacheTest, ManyWhoWantTheSameWaitForOneReading) {
  Write(3);
  const auto first = Read();
  const auto second = Read();
  ASSERT_EQ(behind_.held(), 1);

  behind_.ReleaseOne();

  EXPECT_EQ(first->version(), 3);
  EXPECT_EQ(second->version(), 3);
}

TEST_F(NearSliceCacheTest, WhoComesAfterAChangeDoesNotWaitForAnOlderReading) {
  Write(3);
  const auto before = Read();
  Write(4);
  store_->Forget("prof:{acme:c1}");
  const auto after = Read();
  ASSERT_EQ(behind_.held(), 2);

  behind_.ReleaseOne();
  EXPECT_EQ(before->version(), 3);
  EXPECT_EQ(after->version(), -1);
  behind_.ReleaseOne();

  EXPECT_EQ(after->version(), 4);
  EXPECT_EQ(Read()->version(), 4);
}

TEST_F(NearSliceCacheTest, WhatWasReadBeforeAChangeIsNotRemembered) {
  Write(3);
  const auto slow = Read();
  Write(4);
  store_->Forget("prof:{acme:c1}");
  behind_.ReleaseOne();
  ASSERT_EQ(slow->version(), 3);

  const auto next = Read();
  ASSERT_EQ(behind_.held(), 1);
  behind_.ReleaseOne();

  EXPECT_EQ(next->version(), 4);
}

TEST_F(NearSliceCacheTest, ItsOwnWritesAreSeenAtOnce) {
  Write(3);
  const auto first = Read();
  behind_.ReleaseOne();
  ASSERT_EQ(Read()->version(), 3);

  ASSERT_THAT(near_.Invalidate(key_, {"IDENTITY"}, 1, 5), IsOkAndHolds(1));

  const auto reader = Read();
  ASSERT_EQ(behind_.held(), 1);
  behind_.ReleaseOne();
  EXPECT_EQ(ParseSlices(***reader->got).at("IDENTITY").state(),
            internal::v1::SliceEnvelope::TOMBSTONE);
}

TEST_F(NearSliceCacheTest, WhatIsNotStoredIsAskedForEachTime) {
  const auto first = Read();
  behind_.ReleaseOne();
  EXPECT_THAT(**first->got, ::testing::Pointee(IsEmpty()));

  Write(1);
  const auto second = Read();
  ASSERT_EQ(behind_.held(), 1);
  behind_.ReleaseOne();

  EXPECT_EQ(second->version(), 1);
}

TEST_F(NearSliceCacheTest, AFailureIsToldToAllWhoWaitAndNotRemembered) {
  behind_.SetDown(true);
  const auto first = Read();
  const auto second = Read();
  behind_.ReleaseOne();
  for (const Reader* reader : {first.get(), second.get()}) {
    EXPECT_THAT(*reader->got,
                StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
  }

  behind_.SetDown(false);
  Write(3);
  const auto third = Read();
  behind_.ReleaseOne();

  EXPECT_EQ(third->version(), 3);
}

TEST_F(NearSliceCacheTest, IsPassedByWhileItIsClosed) {
  Write(3);
  store_->Close();
  const auto first = Read();
  const auto second = Read();

  EXPECT_EQ(behind_.held(), 2);
  behind_.ReleaseOne();
  behind_.ReleaseOne();
  EXPECT_EQ(first->version(), 3);
  EXPECT_EQ(second->version(), 3);
}

}  // namespace
}  // namespace crm
