#include "shared/storage/write_queue.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

PendingWrite Write() {
  return {.deadline = absl::InfiniteFuture(), .body = {}, .done = {}};
}

class WriteQueueTest : public ::testing::Test {
 protected:
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  WriteQueue queue_{3, clock_};
};

TEST_F(WriteQueueTest, GivesWhatWaitsUpToTheLimit) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(queue_.Push(Write()), IsOk());

  EXPECT_EQ(queue_.TakeGroup(2).size(), 2u);
  EXPECT_EQ(queue_.TakeGroup(2).size(), 1u);
}

TEST_F(WriteQueueTest, RefusesOneMoreThanItHolds) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(queue_.Push(Write()), IsOk());

  EXPECT_THAT(queue_.Push(Write()),
              StatusIs(absl::StatusCode::kUnavailable, "OVERLOADED"));
}

TEST_F(WriteQueueTest, GivesWhatWaitedWhenItWasClosedAndThenNone) {
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  queue_.Close();

  EXPECT_THAT(queue_.Push(Write()),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
  EXPECT_EQ(queue_.TakeGroup(10).size(), 1u);
  EXPECT_TRUE(queue_.TakeGroup(10).empty());
}

TEST_F(WriteQueueTest, StandsStillSinceTheFirstWriteThatNobodyTook) {
  EXPECT_EQ(queue_.Stall(), absl::ZeroDuration());
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  clock_.Advance(absl::Seconds(3));
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  clock_.Advance(absl::Seconds(4));

  EXPECT_EQ(queue_.Stall(), absl::Seconds(7));
}

TEST_F(WriteQueueTest, StandsStillAsLongAsAGroupRuns) {
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  clock_.Advance(absl::Seconds(3));
  ASSERT_EQ(queue_.TakeGroup(10).size(), 1u);
  clock_.Advance(absl::Seconds(4));

  EXPECT_EQ(queue_.Stall(), absl::Seconds(4));
  queue_.Close();
  EXPECT_TRUE(queue_.TakeGroup(10).empty());
  EXPECT_EQ(queue_.Stall(), absl::ZeroDuration());
}

}  // namespace
}  // namespace crm::testing
