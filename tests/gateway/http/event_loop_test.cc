#include "gateway/http/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

TEST(EventLoop, RunsPostedTasksInTheirOrder) {
  EventLoop loop;
  std::vector<int> ran;
  loop.Post([&] {
    loop.Post([&] {
      ran.push_back(3);
      loop.Stop();
    });
    ran.push_back(1);
  });
  loop.Post([&] { ran.push_back(2); });

  loop.Run();

  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(EventLoop, RunsTimersByTheirTimeUnlessCancelled) {
  EventLoop loop;
  std::vector<int> ran;
  Timer last = loop.After(absl::Milliseconds(3), [&] {
    ran.push_back(2);
    loop.Stop();
  });
  Timer first = loop.After(absl::Milliseconds(1), [&] { ran.push_back(1); });
  Timer cancelled = loop.After(absl::ZeroDuration(), [&] { ran.push_back(0); });
  Timer never = loop.After(absl::InfiniteDuration(), [&] { ran.push_back(9); });
  cancelled.Cancel();

  loop.Run();

  EXPECT_THAT(ran, ElementsAre(1, 2));
  EXPECT_FALSE(first.pending());
  EXPECT_TRUE(never.pending());
}

TEST(EventLoop, ATimerMayReplaceItselfWhileItRuns) {
  EventLoop loop;
  int runs = 0;
  Timer timer;
  timer = loop.After(absl::ZeroDuration(), [&] {
    ++runs;
    timer = loop.After(absl::ZeroDuration(), [&] {
      ++runs;
      loop.Stop();
    });
  });

  loop.Run();

  EXPECT_EQ(runs, 2);
}

TEST(EventLoop, ResolvesNamesAndNumbers) {
  EventLoop loop;
  absl::StatusOr<std::vector<SocketAddress>> number, name, nothing;
  int open = 3;
  const auto keep = [&](auto& result) {
    return [&](absl::StatusOr<std::vector<SocketAddress>> found) {
      result = std::move(found);
      if (--open == 0) loop.Stop();
    };
  };
  loop.Resolve("127.0.0.1:80", keep(number));
  loop.Resolve("localhost:81", keep(name));
  loop.Resolve("no address", keep(nothing));

  loop.Run();

  ASSERT_TRUE(number.ok());
  EXPECT_EQ(FormatAddress(number->at(0)), "127.0.0.1:80");
  EXPECT_TRUE(name.ok() && !name->empty());
  EXPECT_THAT(nothing,
              StatusIs(absl::StatusCode::kUnavailable, "ADDRESS_UNKNOWN"));
}

}  // namespace
}  // namespace crm::gateway
