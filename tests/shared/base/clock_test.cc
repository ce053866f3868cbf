#include "shared/base/clock.h"

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EqualsProto;

TEST(SystemClock, TellsTheWallTimeInWholeMicroseconds) {
  const absl::Time now = SystemClock().Now();

  EXPECT_EQ(now, absl::FromUnixMicros(absl::ToUnixMicros(now)));
  EXPECT_GT(now,
            absl::FromCivil(absl::CivilDay(2020, 1, 1), absl::UTCTimeZone()));
}

TEST(SystemClock, NeverRunsBackwards) {
  const SystemClock clock;
  absl::Duration last = clock.Monotonic();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration next = clock.Monotonic();
    ASSERT_GE(next, last);
    last = next;
  }
}

TEST(FakeClock, StandsStillUntilItIsAdvanced) {
  FakeClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));

  clock.Advance(absl::Seconds(5));

  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  EXPECT_EQ(clock.Monotonic(), absl::Seconds(5));
}

TEST(FakeClock, SetsTheWallClockAlone) {
  FakeClock clock(absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(1));

  clock.SetNow(absl::FromUnixSeconds(7));

  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Monotonic(), absl::Seconds(1));
}

TEST(ToTimestamp, TruncatesToMicroseconds) {
  EXPECT_THAT(ToTimestamp(absl::FromUnixNanos(1'500'000'999)),
              EqualsProto("seconds: 1 nanos: 500000000"));
}

TEST(ToTimestamp, CountsNanosForwardsBeforeTheEpoch) {
  EXPECT_THAT(ToTimestamp(absl::FromUnixMicros(-1)),
              EqualsProto("seconds: -1 nanos: 999999000"));
}

TEST(ToTimestamp, ComesBackUnchanged) {
  for (const int64_t micros :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1'700'000'000'123'456},
        int64_t{-62'135'596'800'000'000}, int64_t{253'402'300'799'999'999}}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    EXPECT_EQ(FromTimestamp(ToTimestamp(time)), time) << micros;
  }
}

TEST(ToTimestamp, ClampsToTheYearsOfATimestamp) {
  EXPECT_EQ(ToTimestamp(absl::InfiniteFuture()).seconds(), 253'402'300'799);
  EXPECT_EQ(ToTimestamp(absl::InfinitePast()).seconds(), -62'135'596'800);
}

TEST(FromTimestamp, ClampsSecondsOutOfRange) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(FromTimestamp(timestamp), absl::FromUnixSeconds(253'402'300'799));

  timestamp.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(FromTimestamp(timestamp), absl::FromUnixSeconds(-62'135'596'800));
}

}  // namespace
}  // namespace crm
