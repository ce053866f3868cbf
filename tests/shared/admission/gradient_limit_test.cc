#include "shared/admission/gradient_limit.h"

#include <gtest/gtest.h>

namespace crm {
namespace {

// Adds ten calls of `ratio` in each of `windows` windows; returns the limit.
int LimitAfter(GradientLimit& limit, absl::Duration& now, double ratio,
               int windows, int in_flight = 1000) {
  for (int i = 0; i < windows * 10; ++i) {
    now += GradientLimit::kWindow / 9;
    limit.Add(ratio, in_flight, now);
  }
  return limit.Limit(now);
}

TEST(GradientLimit, StartsWhereItIsTold) {
  EXPECT_EQ(GradientLimit({}).Limit(absl::ZeroDuration()), 64);
}

TEST(GradientLimit, GrowsToItsMaximumWhileCallsAreInTime) {
  GradientLimit limit({});
  absl::Duration now;

  EXPECT_GT(LimitAfter(limit, now, 0.9, 2), 64);
  EXPECT_EQ(LimitAfter(limit, now, 0.9, 100), 512);
}

TEST(GradientLimit, ShrinksToItsMinimumWhileCallsTakeTooLong) {
  GradientLimit limit({});
  absl::Duration now;

  EXPECT_LT(LimitAfter(limit, now, 1.5, 2), 64);
  EXPECT_EQ(LimitAfter(limit, now, 3, 100), 8);
}

TEST(GradientLimit, StaysWhereItIsWhileItIsNotUsed) {
  GradientLimit limit({});
  absl::Duration now;

  EXPECT_EQ(LimitAfter(limit, now, 3, 20, /*in_flight=*/31), 64);
  EXPECT_EQ(LimitAfter(limit, now, 0.5, 20, /*in_flight=*/31), 64);
  GradientLimit used({});
  EXPECT_LT(LimitAfter(used, now, 3, 2, /*in_flight=*/32), 64);
}

TEST(GradientLimit, OneCallThatHangsSaysLittle) {
  GradientLimit limit({});
  absl::Duration now;
  for (int i = 0; i < 20; ++i) {
    now += GradientLimit::kWindow / 9;
    limit.Add(i == 5 ? 1000 : 0.5, 64, now);
  }

  EXPECT_GE(limit.Limit(now), 64);
}

TEST(GradientLimit, LooksForTheTimeOfACallOnItsOwn) {
  GradientLimit limit({});
  absl::Duration now;
  bool probed = false;
  absl::Duration began;
  while (now < absl::Seconds(40) && !probed) {
    probed = LimitAfter(limit, now, 0.9, 1) == 8;
    began = now;
  }
  EXPECT_TRUE(probed);

  EXPECT_GE(limit.Limit(began + GradientLimit::kProbe), 64);
}

}  // namespace
}  // namespace crm
