#include "shared/storage/write_queue.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

PendingWrite Write(const void* sequence = nullptr) {
  return {.deadline = absl::InfiniteFuture(),
          .body = {},
          .done = {},
          .sequence = sequence};
}

class WriteQueueTest : public ::testing::Test {
 protected:
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  WriteQueue queue_{10, clock_, /*takers=*/2};
};

TEST_F(WriteQueueTest, NeverLetsTwoTakersRunOneSequence) {
  const int sequence = 0;
  ASSERT_THAT(queue_.Push(Write(&sequence)), IsOk());
  ASSERT_THAT(queue_.Push(Write(&sequence)), IsOk());
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  ASSERT_EQ(queue_.TakeGroup(1, 0).size(), 1u);
  size_t taken_by_other = 0;
  std::atomic<bool> first_is_done = false;
  std::thread other([&] {
    taken_by_other = queue_.TakeGroup(10, 1).size();
    EXPECT_TRUE(first_is_done);
  });
  queue_.Close();
  first_is_done = true;

  // Ends the first group; whoever comes first takes the rest.
  const size_t taken_by_first = queue_.TakeGroup(10, 0).size();
  other.join();

  EXPECT_EQ(taken_by_first + taken_by_other, 2u);
}

TEST_F(WriteQueueTest, LetsSoManyGroupsRunAsItIsTold) {
  for (int i = 0; i < 4; ++i) ASSERT_THAT(queue_.Push(Write()), IsOk());
  queue_.SetParallel(1);
  ASSERT_EQ(queue_.TakeGroup(1, 0).size(), 1u);
  std::atomic<bool> widened = false;
  std::thread other([&] {
    EXPECT_EQ(queue_.TakeGroup(1, 1).size(), 1u);
    EXPECT_TRUE(widened);
  });
  widened = true;
  queue_.SetParallel(2);
  other.join();
}

TEST_F(WriteQueueTest, StandsStillAsLongAsTheOldestGroupRuns) {
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  ASSERT_THAT(queue_.Push(Write()), IsOk());
  ASSERT_EQ(queue_.TakeGroup(1, 0).size(), 1u);
  clock_.Advance(absl::Seconds(3));
  ASSERT_EQ(queue_.TakeGroup(1, 1).size(), 1u);
  clock_.Advance(absl::Seconds(4));

  EXPECT_EQ(queue_.Stall(), absl::Seconds(7));
}

}  // namespace
}  // namespace crm::testing
