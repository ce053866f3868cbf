#include "shared/base/patient_clock.h"

#include "gtest/gtest.h"

namespace crm {
namespace {

class PatientClockTest : public ::testing::Test {
 protected:
  PatientClockTest()
      : start_(absl::FromUnixSeconds(1'700'000'000)),
        wall_(start_),
        clock_(wall_) {}

  const absl::Time start_;
  FakeClock wall_;
  PatientClock clock_;
};

TEST_F(PatientClockTest, F31_RunsWithTheWallClock) {
  wall_.Advance(absl::Hours(3));

  EXPECT_EQ(clock_.Now(), start_ + absl::Hours(3));
  EXPECT_EQ(clock_.Monotonic(), wall_.Monotonic());
  EXPECT_EQ(clock_.Ahead(), absl::ZeroDuration());
}

TEST_F(PatientClockTest, F31_StaysBehindAClockThatIsSetAheadUntilItHasStood) {
  wall_.SetNow(start_ + absl::Hours(1));

  EXPECT_EQ(clock_.Now(), start_);
  EXPECT_EQ(clock_.Ahead(), absl::Hours(1));
  wall_.Advance(kClockDisbelief - absl::Seconds(1));
  EXPECT_EQ(clock_.Now(), start_ + kClockDisbelief - absl::Seconds(1));
  wall_.Advance(absl::Seconds(1));
  EXPECT_EQ(clock_.Now(), start_ + absl::Hours(1) + kClockDisbelief);
}

TEST_F(PatientClockTest, F31_ForgetsAJumpThatIsTakenBack) {
  wall_.SetNow(start_ + absl::Hours(1));
  ASSERT_EQ(clock_.Now(), start_);
  wall_.Advance(absl::Minutes(4));
  wall_.SetNow(start_ + absl::Minutes(4));
  ASSERT_EQ(clock_.Now(), start_ + absl::Minutes(4));

  // A second jump is disbelieved for as long as the first one.
  wall_.SetNow(start_ + absl::Hours(2));
  ASSERT_EQ(clock_.Now(), start_ + absl::Minutes(4));
  wall_.Advance(absl::Minutes(4));

  EXPECT_EQ(clock_.Now(), start_ + absl::Minutes(8));
}

TEST_F(PatientClockTest, F31_FollowsAClockThatIsSetBackAtOnce) {
  wall_.SetNow(start_ - absl::Hours(1));

  EXPECT_EQ(clock_.Now(), start_ - absl::Hours(1));
  wall_.Advance(absl::Minutes(1));
  EXPECT_EQ(clock_.Now(), start_ - absl::Minutes(59));
}

TEST_F(PatientClockTest, F31_LetsSlowDriftThrough) {
  for (int i = 1; i <= 3600; ++i) {
    wall_.Advance(absl::Seconds(1));
    // A second ahead each minute: far from a jump, an hour makes a minute.
    if (i % 60 == 0) wall_.SetNow(wall_.Now() + absl::Seconds(1));
    ASSERT_EQ(clock_.Now(), wall_.Now());
  }
}

}  // namespace
}  // namespace crm
