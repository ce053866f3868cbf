#include "shared/cache/slice_entry.h"

#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cache/slice_codec.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;
using ::testing::ElementsAre;
using testing::EqualsProto;
using ::testing::Key;
using testing::kSliceTestTime;
using testing::Slice;
using testing::Stored;

SliceEntry Entry(const std::string& name, const SliceEnvelope& slice) {
  return *SliceEntry::Open(std::string(name), *EncodeSlice(slice));
}

TEST(SliceEntry, GivesWhatWasEncoded) {
  const SliceEnvelope slice = Slice("IDENTITY", 2, 17);

  const SliceEntry entry = Entry("IDENTITY", slice);

  EXPECT_EQ(entry.name(), "IDENTITY");
  EXPECT_EQ(entry.expire_time(), kSliceTestTime + absl::Minutes(5));
  EXPECT_THAT(*entry.Parse(), EqualsProto(slice.DebugString()));
}

TEST(SliceEntry, IsNotOpenedWhereAByteHasChanged) {
  std::string bytes = *EncodeSlice(Slice("IDENTITY", 1, 17));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);

  EXPECT_FALSE(SliceEntry::Open("IDENTITY", std::move(bytes)).has_value());
}

TEST(SliceEntry, IsOlderByEpochThenVersionThenState) {
  const SliceEntry tombstone =
      Entry("S", Slice("S", 1, 9, SliceEnvelope::TOMBSTONE));
  const SliceEntry present = Entry("S", Slice("S", 1, 9));
  const SliceEntry later = Entry("S", Slice("S", 1, 10));
  const SliceEntry epoch = Entry("S", Slice("S", 2, 1));

  EXPECT_TRUE(tombstone.IsOlderThan(present));
  EXPECT_TRUE(present.IsOlderThan(later));
  EXPECT_TRUE(later.IsOlderThan(epoch));
  EXPECT_FALSE(later.IsOlderThan(present));
  EXPECT_FALSE(present.IsOlderThan(present));
}

TEST(ParseSlices, LeavesOutWhatIsStoredUnderAnotherName) {
  const SliceEntries slices = {Entry("IDENTITY", Slice("IDENTITY", 1, 1)),
                               Entry("SCORES", Slice("SERVICE", 1, 1))};

  EXPECT_THAT(ParseSlices(slices), ElementsAre(Key("IDENTITY")));
}

TEST(FindSlice, FindsByName) {
  const SharedSlices slices =
      Stored({Slice("IDENTITY", 1, 1), Slice("SCORES", 1, 1)});

  EXPECT_EQ(FindSlice(*slices, "SCORES"), &(*slices)[1]);
  EXPECT_EQ(FindSlice(*slices, "SERVICE"), nullptr);
}

}  // namespace
}  // namespace crm
