#include "shared/profile/slice_owner.h"

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cache/memory_slice_cache.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::SliceEnvelope;
using ::crm::testing::IsOk;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kAda[] = "customers/ada";

class SliceOwnerTest : public ::testing::Test {
 protected:
  // Reads the slice of Ada; returns what is in the cache then.
  SliceMap CacheAfterRead(bool cached) {
    ReadSlicesRequest request;
    request.set_customer(kAda);
    request.set_cached(cached);
    const auto read =
        owner_.Read("acme", request, clock_.Now() + absl::Seconds(1));
    EXPECT_THAT(read, IsOk());
    EXPECT_TRUE(read.ok() && read->slices_size() == 1);
    const auto stored = cache_.Read({"acme", kAda}, {});
    EXPECT_THAT(stored, IsOk());
    return stored.ok() ? *stored : SliceMap();
  }

  SystemClock clock_;
  MemorySliceCache cache_{clock_};
  SliceOwner owner_{{{.name = "IDENTITY",
                      .build = [](const std::string&, const ReadSlicesRequest&,
                                  absl::Time) -> absl::StatusOr<SliceContent> {
                        SliceContent ada;
                        ada.payload = "Ada";
                        ada.version = 1;
                        return ada;
                      }}},
                    &cache_,
                    /*feed_epoch=*/1,
                    clock_,
                    [](const std::string&, const std::string&) {
                      return absl::StatusOr<int64_t>(1);
                    }};
};

TEST_F(SliceOwnerTest, CachesWhatItHasBuilt) {
  EXPECT_THAT(CacheAfterRead(/*cached=*/false),
              UnorderedElementsAre(Key("IDENTITY")));
}

// Else every question for leave would make all readers forget what they hold.
TEST_F(SliceOwnerTest, LeavesTheCacheAloneWhereOnlyLeaveIsAskedFor) {
  EXPECT_THAT(CacheAfterRead(/*cached=*/true), IsEmpty());
}

// His version is as it was, so a tombstone of that would lose against what is
// cached.
TEST_F(SliceOwnerTest, ForgetsWhatSomethingWasTakenFrom) {
  ASSERT_THAT(CacheAfterRead(/*cached=*/false), SizeIs(1));

  owner_.InvalidateFormer("acme", kAda);

  while (true) {
    const auto stored = cache_.Read({"acme", kAda}, {});
    ASSERT_THAT(stored, IsOk());
    const SliceEnvelope& slice = stored->at("IDENTITY");
    if (slice.state() != SliceEnvelope::TOMBSTONE) continue;
    EXPECT_EQ(slice.version(), 2);
    return;
  }
}

}  // namespace
}  // namespace crm
