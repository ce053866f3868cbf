#include "shared/cache/single_flight.h"

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

using Flights = SingleFlight<std::string, int>;

// A function that has begun and does not return before it is told to.
struct HeldFunction {
  std::promise<void> begun;
  std::promise<absl::StatusOr<int>> result;

  absl::StatusOr<int> operator()() {
    begun.set_value();
    return result.get_future().get();
  }
};

TEST(SingleFlight, RunsOnceForCallersThatComeTogether) {
  Flights flights;
  HeldFunction held;
  std::atomic<int> others = 0;
  std::thread leader([&] {
    EXPECT_THAT(flights.Do("k", absl::InfiniteFuture(), std::ref(held)),
                IsOkAndHolds(42));
  });
  held.begun.get_future().wait();
  std::vector<std::future<absl::StatusOr<int>>> followers;

  for (int i = 0; i < 20; ++i) {
    followers.push_back(std::async(std::launch::async, [&] {
      return flights.Do("k", absl::InfiniteFuture(),
                        [&]() -> absl::StatusOr<int> { return ++others; });
    }));
  }
  // Those that came while the function ran share its result; one that came
  // later runs its own, which others may share.
  held.result.set_value(42);

  leader.join();
  std::set<int> results;
  for (auto& follower : followers) results.insert(*follower.get());
  results.erase(42);
  EXPECT_THAT(results, ::testing::SizeIs(others.load()));
}

TEST(SingleFlight, KeysDoNotWaitForEachOther) {
  Flights flights;
  HeldFunction held;
  std::thread leader([&] {
    (void)flights.Do("slow", absl::InfiniteFuture(), std::ref(held));
  });
  held.begun.get_future().wait();

  EXPECT_THAT(flights.Do("fast", absl::InfiniteFuture(),
                         []() -> absl::StatusOr<int> { return 1; }),
              IsOkAndHolds(1));

  held.result.set_value(0);
  leader.join();
}

TEST(SingleFlight, AFollowerLeavesAtItsDeadline) {
  Flights flights;
  HeldFunction held;
  std::thread leader(
      [&] { (void)flights.Do("k", absl::InfiniteFuture(), std::ref(held)); });
  held.begun.get_future().wait();

  EXPECT_THAT(flights.Do("k", absl::Now() - absl::Seconds(1),
                         []() -> absl::StatusOr<int> { return 1; }),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "FLIGHT_TIMEOUT"));

  held.result.set_value(0);
  leader.join();
}

TEST(SingleFlight, AFollowerTakesOverFromARunnerThatHadLessTime) {
  Flights flights;
  HeldFunction held;
  std::thread leader([&] {
    EXPECT_THAT(flights.Do("k", absl::InfiniteFuture(), std::ref(held)),
                StatusIs(absl::StatusCode::kDeadlineExceeded, "SHORT"));
  });
  held.begun.get_future().wait();
  std::future<absl::StatusOr<int>> follower =
      std::async(std::launch::async, [&] {
        return flights.Do("k", absl::InfiniteFuture(),
                          []() -> absl::StatusOr<int> { return 7; });
      });

  held.result.set_value(
      MakeError(absl::StatusCode::kDeadlineExceeded, "SHORT", "No time left."));

  EXPECT_THAT(follower.get(), IsOkAndHolds(7));
  leader.join();
}

TEST(SingleFlight, RemembersNothing) {
  Flights flights;
  int runs = 0;
  const auto count = [&]() -> absl::StatusOr<int> { return ++runs; };

  EXPECT_THAT(flights.Do("k", absl::InfiniteFuture(), count), IsOkAndHolds(1));
  EXPECT_THAT(flights.Do("k", absl::InfiniteFuture(), count), IsOkAndHolds(2));
}

}  // namespace
}  // namespace crm
