#include "gateway/local/worker_pool.h"

#include <future>

#include "gtest/gtest.h"

namespace crm::gateway {
namespace {

TEST(WorkerPool, RunsTasksAtTheSameTime) {
  std::promise<void> first;
  std::promise<void> second;
  std::promise<void> both;
  WorkerPool pool(/*threads=*/2, /*max_waiting=*/2);

  // Each task ends only when the other runs too.
  EXPECT_TRUE(pool.Post([&] {
    first.set_value();
    second.get_future().wait();
    both.set_value();
  }));
  EXPECT_TRUE(pool.Post([&] {
    first.get_future().wait();
    second.set_value();
  }));

  both.get_future().wait();
}

TEST(WorkerPool, RefusesWhatCannotWait) {
  std::promise<void> running;
  std::promise<void> release;
  WorkerPool pool(/*threads=*/1, /*max_waiting=*/1);
  EXPECT_TRUE(pool.Post([&] {
    running.set_value();
    release.get_future().wait();
  }));
  running.get_future().wait();

  EXPECT_TRUE(pool.Post([] {}));
  EXPECT_FALSE(pool.Post([] {}));
  release.set_value();
}

}  // namespace
}  // namespace crm::gateway
