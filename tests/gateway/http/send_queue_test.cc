#include "gateway/http/send_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace crm::gateway {
namespace {

TEST(SendQueue, GivesTheBytesInTheirOrderHoweverTheyAreCut) {
  SendQueue queue;
  std::string expected;
  std::string got;
  for (size_t i = 0; i < 200; ++i) {
    const std::string piece(i * 37 % 6000, static_cast<char>('a' + i % 26));
    expected += piece;
    queue.Append(piece);
    queue.MoveTo(got, queue.size() / 2);
  }
  queue.MoveTo(got, queue.size());

  EXPECT_EQ(got, expected);
  EXPECT_EQ(queue.size(), 0);
}

TEST(SendQueue, IsRelievedOnceAfterItHasBeenAboveTheMark) {
  SendQueue queue;
  std::string out;
  queue.Append(std::string(kHighWaterBytes, 'x'));
  queue.MoveTo(out, kHighWaterBytes);
  EXPECT_FALSE(queue.TakeRelief());

  queue.Append(std::string(kHighWaterBytes + 1, 'x'));
  queue.MoveTo(out, kHighWaterBytes - kLowWaterBytes);
  EXPECT_FALSE(queue.TakeRelief());
  queue.MoveTo(out, 1);
  EXPECT_TRUE(queue.TakeRelief());
  EXPECT_FALSE(queue.TakeRelief());
}

TEST(SendQueue, TakesNothingAfterItsEnd) {
  SendQueue queue;
  queue.End({{"a", "b"}});
  queue.Append("late");
  queue.End({});

  EXPECT_EQ(queue.size(), 0);
  EXPECT_EQ(queue.trailers(), (Headers{{"a", "b"}}));
}

}  // namespace
}  // namespace crm::gateway
