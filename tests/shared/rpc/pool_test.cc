#include "shared/rpc/pool.h"

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::ElementsAre;

TEST(Pool, RunsTasksInOrderOnOneThread) {
  std::vector<int> order;
  {
    Pool pool(1, 10);
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(pool.Submit([&order, i] { order.push_back(i); }));
    }
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(Pool, RefusesWhenTheQueueIsFull) {
  std::promise<void> running;
  std::promise<void> release;
  Pool pool(1, 1);
  pool.Submit([&] {
    running.set_value();
    release.get_future().wait();
  });
  running.get_future().wait();

  EXPECT_TRUE(pool.Submit([] {}));
  EXPECT_EQ(pool.queued(), 1u);
  EXPECT_FALSE(pool.Submit([] {}));
  release.set_value();
}

TEST(Pool, RunsTasksAtTheSameTime) {
  std::promise<void> first;
  std::promise<void> second;
  Pool pool(2, 10);

  pool.Submit([&] {
    first.set_value();
    second.get_future().wait();
  });
  pool.Submit([&] {
    first.get_future().wait();
    second.set_value();
  });
}

TEST(Pool, ReleasesWhatATaskHolds) {
  auto held = std::make_shared<int>(1);
  std::promise<void> after;
  Pool pool(1, 10);

  pool.Submit([held] {});
  pool.Submit([&after] { after.set_value(); });
  after.get_future().wait();

  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace crm
