#include "shared/base/id_time.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"

namespace crm {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'000);

TEST(TimeOfId, IsTheMillisecondInWhichItWasMade) {
  FakeClock clock(kNow);
  IdMaker ids(clock, 7);
  for (int i = 0; i < 1'000; ++i) {
    const absl::Time now = clock.Now();
    EXPECT_EQ(TimeOfId(ids.NewId()),
              absl::FromUnixMillis(absl::ToUnixMillis(now)));
    clock.Advance(absl::Microseconds(1'000 + 977 * i));
  }
}

TEST(TimeOfId, IsUnknownOfOtherText) {
  EXPECT_FALSE(TimeOfId("").has_value());
  EXPECT_FALSE(TimeOfId("ada").has_value());
  EXPECT_FALSE(TimeOfId("0123456789abcdefghijklmnow").has_value());
  EXPECT_FALSE(TimeOfId("0123456789ABCDEFGHIJKLMNOP").has_value());
}

TEST(LowestIdAt, PartsTheIdsOfEarlierAndLaterTimes) {
  FakeClock clock(kNow);
  IdMaker ids(clock, 8);
  std::string before = ids.NewId();
  for (int i = 1; i < 1'000; ++i) {
    clock.Advance(absl::Milliseconds(1 + i % 40));
    const std::string lowest =
        LowestIdAt(absl::FromUnixMillis(absl::ToUnixMillis(clock.Now())));
    const std::string after = ids.NewId();

    EXPECT_LT(before, lowest);
    EXPECT_LE(lowest, after);
    before = after;
  }
}

TEST(LowestIdAt, TakesTimesThatNoIdHas) {
  EXPECT_LE(LowestIdAt(absl::InfinitePast()), LowestIdAt(absl::UnixEpoch()));
  EXPECT_LT(LowestIdAt(absl::UnixEpoch()), LowestIdAt(absl::InfiniteFuture()));
  // Within a millisecond: its ids come before.
  EXPECT_EQ(LowestIdAt(absl::FromUnixMicros(1'500)),
            LowestIdAt(absl::FromUnixMillis(2)));
}

}  // namespace
}  // namespace crm
