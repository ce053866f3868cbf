#include "shared/redis/connection.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::RedisServer;
using ::testing::SizeIs;
using testing::StatusIs;

constexpr absl::Duration kPatience = absl::Seconds(5);

class RedisConnectionTest : public ::testing::Test {
 protected:
  std::unique_ptr<RedisConnection> Connect() {
    auto connection = RedisConnection::Connect(
        "127.0.0.1", server_.endpoint().port, kPatience);
    EXPECT_THAT(connection, IsOk());
    return *std::move(connection);
  }

  RedisServer server_;
};

TEST_F(RedisConnectionTest, CarriesAnyBytes) {
  auto connection = Connect();
  const std::string key("k\0\r\n\xff", 5);
  const std::string value("\0$3\r\n*", 6);

  const auto replies = connection->Run(
      {{"SET", key, value}, {"GET", key}, {"GET", "absent"}}, kPatience);

  EXPECT_THAT(replies, IsOkAndHolds(ElementsAre(RedisReply{RedisStatus{"OK"}},
                                                RedisReply{RedisString{value}},
                                                RedisReply{})));
}

TEST_F(RedisConnectionTest, AnErrorReplyIsAReplyAndBreaksNothing) {
  auto connection = Connect();

  const auto replies = connection->Run(
      {{"SET", "k", "v"}, {"INCR", "k"}, {"GET", "k"}}, kPatience);

  ASSERT_THAT(replies, IsOkAndHolds(SizeIs(3)));
  EXPECT_THAT((*replies)[1].status(),
              StatusIs(absl::StatusCode::kInternal, "REDIS_ERROR"));
  EXPECT_EQ((*replies)[2], RedisReply{RedisString{"v"}});
  EXPECT_TRUE(connection->Idle());
}

TEST_F(RedisConnectionTest, ReadsRepliesWhileItStillWrites) {
  auto connection = Connect();
  // Far more than the sockets' buffers in both directions.
  const std::string value(1 << 20, 'x');
  std::vector<RedisCommand> commands(16, {"ECHO", value});

  const auto replies = connection->Run(commands, absl::Seconds(30));

  ASSERT_THAT(replies, IsOkAndHolds(SizeIs(16)));
  EXPECT_EQ(replies->back(), RedisReply{RedisString{value}});
}

TEST_F(RedisConnectionTest, F57_IsBrokenForGoodAfterATimeout) {
  auto connection = Connect();
  server_.Pause();

  EXPECT_THAT(connection->Run({{"ECHO", "first"}}, absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
  server_.Resume();

  EXPECT_THAT(
      connection->Run({{"ECHO", "second"}}, kPatience),
      StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECTION_LOST"));
  EXPECT_FALSE(connection->Idle());
}

TEST_F(RedisConnectionTest, F57_NoticesThatTheServerIsGone) {
  auto connection = Connect();

  server_.Stop();

  EXPECT_FALSE(connection->Idle());
  EXPECT_THAT(
      connection->Run({{"PING"}}, kPatience),
      StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECTION_LOST"));
}

TEST_F(RedisConnectionTest, CannotConnectWhereNobodyListens) {
  const int port = server_.endpoint().port;
  server_.Stop();

  EXPECT_THAT(RedisConnection::Connect("127.0.0.1", port, kPatience),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECT"));
}

TEST_F(RedisConnectionTest, InterruptEndsABlockingCommand) {
  auto connection = Connect();
  std::future<absl::Status> run = std::async(std::launch::async, [&] {
    return connection->Run({{"BLPOP", "list", "0"}}, absl::Hours(1)).status();
  });

  connection->Interrupt();

  EXPECT_THAT(run.get(),
              StatusIs(absl::StatusCode::kCancelled, "REDIS_INTERRUPTED"));
}

}  // namespace
}  // namespace crm
