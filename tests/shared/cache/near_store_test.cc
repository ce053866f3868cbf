#include "shared/cache/near_store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/cache/slices.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;
using testing::kSliceTestTime;
using testing::Slice;
using testing::Stored;

SharedSlices Slices(int64_t version, const std::string& payload = "payload") {
  return Stored(
      {Slice("IDENTITY", 1, version, SliceEnvelope::PRESENT, payload)});
}

class NearStoreTest : public ::testing::Test {
 protected:
  // One part, so that what is stored under all keys shares the room.
  explicit NearStoreTest(size_t max_bytes = 1 << 20)
      : store_({.max_bytes = max_bytes, .parts = 1}, clock_, metrics_) {
    store_.Open();
  }

  // Stores as who has just read it.
  void Store(absl::string_view key, const SharedSlices& slices) {
    const NearStore::Found found = store_.Find(key);
    if (found.ticket.has_value()) store_.Fill(key, *found.ticket, slices);
  }

  // Returns the version under `key`, 0 if there is none.
  int64_t VersionOf(absl::string_view key) {
    const SharedSlices slices = store_.Find(key).slices;
    return slices == nullptr ? 0
                             : ParseSlices(*slices).at("IDENTITY").version();
  }

  double HeldBytes() {
    return metrics_.AddGauge("crm_cache_near_held_bytes", "").value();
  }

  FakeClock clock_{kSliceTestTime};
  MetricRegistry metrics_;
  NearStore store_;
};

TEST_F(NearStoreTest, GivesWhatWasFilledIn) {
  Store("a", Slices(3));

  EXPECT_EQ(VersionOf("a"), 3);
  EXPECT_EQ(VersionOf("b"), 0);
}

TEST_F(NearStoreTest, AChangeBetweenReadingAndFillingInWins) {
  const NearStore::Found before = store_.Find("a");
  ASSERT_TRUE(before.ticket.has_value());
  // Read version 3; then version 4 is written and told; then the slow reader.
  store_.Forget("a");
  store_.Fill("a", *before.ticket, Slices(3));

  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, AChangeAfterFillingInWinsToo) {
  Store("a", Slices(3));
  store_.Forget("a");

  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, ATicketFromBeforeItWasOpenedOrEmptiedFillsInNothing) {
  const NearStore::Ticket ticket = *store_.Find("a").ticket;
  store_.ForgetAll();
  store_.Fill("a", ticket, Slices(3));
  EXPECT_EQ(VersionOf("a"), 0);

  const NearStore::Ticket later = *store_.Find("a").ticket;
  store_.Close();
  store_.Open();
  store_.Fill("a", later, Slices(3));
  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, AnOlderReadDoesNotReplaceANewerOne) {
  const NearStore::Ticket slow = *store_.Find("a").ticket;
  Store("a", Slices(4));

  store_.Fill("a", slow, Slices(3));

  EXPECT_EQ(VersionOf("a"), 4);
}

TEST_F(NearStoreTest, AnErasureIsNotUndoneByWhatWasReadBefore) {
  const NearStore::Ticket slow = *store_.Find("a").ticket;
  Store("a", Stored({Slice("IDENTITY", 1, 4, SliceEnvelope::ERASED)}));

  store_.Fill("a", slow, Slices(4));

  EXPECT_EQ(ParseSlices(*store_.Find("a").slices).at("IDENTITY").state(),
            SliceEnvelope::ERASED);
}

TEST_F(NearStoreTest, ServesNothingWhileItIsClosed) {
  Store("a", Slices(3));
  store_.Close();

  EXPECT_EQ(VersionOf("a"), 0);
  EXPECT_FALSE(store_.Find("a").ticket.has_value());
  EXPECT_EQ(HeldBytes(), 0);

  store_.Open();
  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, ServesForTwoSecondsAtMostWhateverIsHeard) {
  Store("a", Slices(3));

  clock_.Advance(absl::Seconds(2) - absl::Microseconds(1));
  EXPECT_EQ(VersionOf("a"), 3);
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, ServesNothingPastTheExpiryOfASlice) {
  SliceEnvelope slice = Slice("IDENTITY", 1, 3);
  *slice.mutable_expire_time() = ToTimestamp(kSliceTestTime + absl::Seconds(1));
  Store("a", Stored({slice}));

  clock_.Advance(absl::Seconds(1));

  EXPECT_EQ(VersionOf("a"), 0);
}

TEST_F(NearStoreTest, IsNotKeptYoungByAWallClockThatIsSetBack) {
  Store("a", Slices(3));
  clock_.SetNow(kSliceTestTime - absl::Hours(1));

  clock_.Advance(absl::Seconds(2));

  EXPECT_EQ(VersionOf("a"), 0);
}

// Room for a known number of entries.
class FullNearStoreTest : public NearStoreTest {
 protected:
  static constexpr int kEntries = 4;

  FullNearStoreTest() : NearStoreTest(kEntries * BytesOfOne()) {}

  static size_t BytesOfOne() {
    FakeClock clock(kSliceTestTime);
    MetricRegistry metrics;
    NearStore store({.parts = 1}, clock, metrics);
    store.Open();
    store.Fill("0", *store.Find("0").ticket, Slices(1));
    return static_cast<size_t>(
        metrics.AddGauge("crm_cache_near_held_bytes", "").value());
  }
};

TEST_F(FullNearStoreTest, HoldsAsMuchAsItMayAndDropsTheLeastAskedForAfter) {
  for (int i = 0; i < kEntries; ++i) Store(absl::StrCat(i), Slices(1));
  for (int i = 0; i < kEntries; ++i) EXPECT_EQ(VersionOf(absl::StrCat(i)), 1);
  EXPECT_EQ(HeldBytes(), static_cast<double>(kEntries * BytesOfOne()));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(VersionOf("0"), 1);

  Store("n", Slices(1));

  EXPECT_EQ(VersionOf("n"), 1);
  EXPECT_EQ(VersionOf("1"), 0);
  EXPECT_EQ(VersionOf("0"), 1);
  EXPECT_LE(HeldBytes(), static_cast<double>(kEntries * BytesOfOne()));
}

TEST_F(FullNearStoreTest, DoesNotEmptyItselfForOneThatIsTooLarge) {
  for (int i = 0; i < kEntries; ++i) Store(absl::StrCat(i), Slices(1));

  Store("large", Slices(1, std::string(kEntries * BytesOfOne(), 'x')));

  EXPECT_EQ(VersionOf("large"), 0);
  for (int i = 0; i < kEntries; ++i) EXPECT_EQ(VersionOf(absl::StrCat(i)), 1);
}

TEST(NearStore, NoReaderGetsWhatIsOlderThanAChangeThatWasTold) {
  const SystemClock clock;
  MetricRegistry metrics;
  NearStore store({.max_age = absl::Hours(1), .parts = 2}, clock, metrics);
  store.Open();
  // The cache behind, and what of it was told.
  std::atomic<int64_t> behind = 1;
  std::atomic<int64_t> told = 1;
  std::atomic<bool> over = false;
  std::atomic<int> stale = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        const int64_t at_least = told;
        const NearStore::Found found = store.Find("a");
        if (found.slices != nullptr) {
          const SliceMap slices = ParseSlices(*found.slices);
          stale += slices.at("IDENTITY").version() < at_least ? 1 : 0;
        } else {
          store.Fill("a", *found.ticket, Slices(behind));
        }
      }
    });
  }

  for (int64_t version = 2; version < 3000; ++version) {
    behind = version;
    store.Forget("a");
    told = version;
  }
  over = true;
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace crm
