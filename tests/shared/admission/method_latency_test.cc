#include "shared/admission/method_latency.h"

#include <gtest/gtest.h>

namespace crm {
namespace {

void AddMany(MethodLatency& latency, absl::Duration took, int count,
             absl::Duration now) {
  for (int i = 0; i < count; ++i) latency.Add(took, now);
}

TEST(MethodLatency, KnowsNothingOfFewCalls) {
  MethodLatency latency;
  AddMany(latency, absl::Milliseconds(5), 7, absl::ZeroDuration());

  EXPECT_EQ(latency.Median(absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(latency.Allowed(), absl::InfiniteDuration());
}

TEST(MethodLatency, FollowsTheMedian) {
  MethodLatency latency;
  AddMany(latency, absl::Milliseconds(5), 32, absl::ZeroDuration());
  EXPECT_EQ(latency.Median(absl::ZeroDuration()), absl::Milliseconds(5));

  AddMany(latency, absl::Milliseconds(50), 32, absl::Seconds(1));

  EXPECT_EQ(latency.Median(absl::Seconds(1)), absl::Milliseconds(50));
  EXPECT_EQ(latency.Median(absl::Seconds(11)), absl::Milliseconds(50));
  EXPECT_EQ(latency.Median(absl::Seconds(12)), std::nullopt);
}

TEST(MethodLatency, AllowsTwiceTheBestOrFortyMillisecondsMore) {
  MethodLatency quick;
  AddMany(quick, absl::Milliseconds(1), 32, absl::ZeroDuration());
  MethodLatency slow;
  AddMany(slow, absl::Milliseconds(100), 32, absl::ZeroDuration());
  AddMany(slow, absl::Milliseconds(400), 32, absl::Seconds(1));

  EXPECT_EQ(quick.Allowed(), absl::Milliseconds(41));
  EXPECT_EQ(slow.Allowed(), absl::Milliseconds(200));
}

TEST(MethodLatency, ForgetsABestOfLongAgo) {
  MethodLatency latency;
  AddMany(latency, absl::Milliseconds(10), 32, absl::ZeroDuration());
  for (int second = 1; second <= 70; ++second) {
    AddMany(latency, absl::Milliseconds(100), 32, absl::Seconds(second));
  }

  EXPECT_EQ(latency.Allowed(), absl::Milliseconds(200));
}

}  // namespace
}  // namespace crm
