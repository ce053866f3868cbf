#include "shared/cache/slice_codec.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/cache/slices.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;
using testing::EqualsProto;
using testing::IsOk;
using testing::kSliceTestTime;
using testing::Slice;
using testing::StatusIs;

TEST(SliceCodec, ReturnsWhatWasEncoded) {
  const SliceEnvelope slice =
      Slice("IDENTITY", 2, std::numeric_limits<int64_t>::max());

  const auto entry = EncodeSlice(slice);

  ASSERT_THAT(entry, IsOk());
  const auto decoded = DecodeSlice("IDENTITY", *entry);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_THAT(*decoded, EqualsProto(slice.DebugString()));
}

TEST(SliceCodec, AnyChangedOrMissingByteIsNoSlice) {
  const std::string entry = *EncodeSlice(Slice("IDENTITY", 1, 17));

  for (size_t i = 0; i < entry.size(); ++i) {
    std::string damaged = entry;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(DecodeSlice("IDENTITY", damaged).has_value()) << "byte " << i;
    EXPECT_FALSE(DecodeSlice("IDENTITY", entry.substr(0, i)).has_value())
        << "cut at " << i;
  }
}

// The bytes are those of other programs of the suite, which may be older: the
// checksum is zlib's, and the fields come in any order.
TEST(SliceCodec, ReadsAndWritesWhatOtherProgramsDo) {
  const SliceEnvelope slice = Slice("IDENTITY", 1, 17);
  const std::string rank = "100000000000000000001000000000000000000171";
  const std::string expiry = "2\x06\x08\xac\xe4\xcf\xaa\x06";
  const std::string start = "\n\x08IDENTITY\x10\x01\x1a\x07payload";
  const std::string end = "8\x01@\x11";

  EXPECT_EQ(*EncodeSlice(slice),
            absl::StrCat(rank, "d59ad5c0", expiry, start, end));
  const std::string other = absl::StrCat(rank, "7fc485b8", start, expiry, end);
  EXPECT_EQ(CheckSlice(other), kSliceTestTime + absl::Minutes(5));
  EXPECT_THAT(*DecodeSlice("IDENTITY", other),
              EqualsProto(slice.DebugString()));
}

TEST(SliceCodec, SaysWhenAnEntryExpires) {
  for (const absl::Time time :
       {kSliceTestTime, kSliceTestTime + absl::Microseconds(7),
        absl::UnixEpoch(), absl::FromUnixSeconds(-7)}) {
    SliceEnvelope slice = Slice("IDENTITY", 1, 17);
    *slice.mutable_expire_time() = ToTimestamp(time);

    EXPECT_EQ(CheckSlice(*EncodeSlice(slice)), time);
  }
}

TEST(SliceCodec, AnEntryUnderAnotherNameIsNoSlice) {
  const std::string entry = *EncodeSlice(Slice("IDENTITY", 1, 17));

  EXPECT_FALSE(DecodeSlice("SERVICE", entry).has_value());
}

TEST(SliceCodec, RefusesWhatCannotBeOrdered) {
  SliceEnvelope nameless = Slice("", 1, 1);
  SliceEnvelope stateless =
      Slice("IDENTITY", 1, 1, SliceEnvelope::STATE_UNSPECIFIED);
  SliceEnvelope immortal = Slice("IDENTITY", 1, 1);
  immortal.clear_expire_time();

  for (const SliceEnvelope& slice :
       {nameless, stateless, immortal, Slice("IDENTITY", -1, 1),
        Slice("IDENTITY", 1, -1)}) {
    EXPECT_THAT(EncodeSlice(slice),
                StatusIs(absl::StatusCode::kInvalidArgument, "SLICE_ENVELOPE"))
        << slice.ShortDebugString();
  }
}

TEST(MayReplaceSlice, OrdersByEpochThenVersionThenState) {
  // From the oldest to the newest.
  const std::string ladder[] = {
      *EncodeSlice(Slice("S", 1, 9, SliceEnvelope::TOMBSTONE)),
      *EncodeSlice(Slice("S", 1, 9, SliceEnvelope::PRESENT)),
      *EncodeSlice(Slice("S", 1, 9, SliceEnvelope::ERASED)),
      *EncodeSlice(Slice("S", 1, 10, SliceEnvelope::TOMBSTONE)),
      *EncodeSlice(Slice("S", 2, 1, SliceEnvelope::ABSENT)),
  };

  for (size_t stored = 0; stored < std::size(ladder); ++stored) {
    for (size_t entry = 0; entry < std::size(ladder); ++entry) {
      EXPECT_EQ(MayReplaceSlice(ladder[stored], ladder[entry]), entry >= stored)
          << entry << " over " << stored;
    }
  }
}

TEST(MayReplaceSlice, DamageIsReplaced) {
  const std::string entry = *EncodeSlice(Slice("S", 1, 1));

  EXPECT_TRUE(MayReplaceSlice("", entry));
  EXPECT_TRUE(MayReplaceSlice("9", entry));
  EXPECT_TRUE(MayReplaceSlice(std::string(60, 'z'), entry));
}

}  // namespace
}  // namespace crm
