#include "shared/redis/pool.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::IsOk;
using testing::IsOkAndHolds;
using testing::PoolOptions;
using testing::RedisServer;
using testing::StatusIs;

RedisReply Text(absl::string_view text) {
  return {RedisString{std::string(text)}};
}

class RedisPoolTest : public ::testing::Test {
 protected:
  RedisServer server_;
  FakeClock clock_{absl::UnixEpoch()};
};

TEST(ParseRedisEndpoint, ReadsHostAndPort) {
  const auto name = ParseRedisEndpoint("redis-cache:6401");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->host, "redis-cache");
  EXPECT_EQ(name->port, 6401);
  const auto literal = ParseRedisEndpoint("[::1]:6402");
  ASSERT_THAT(literal, IsOk());
  EXPECT_EQ(literal->host, "::1");
}

TEST(ParseRedisEndpoint, RefusesEverythingElse) {
  for (const char* text :
       {"", "host", ":1", "host:", "host:0", "host:65536", "host:x", "::1:2"}) {
    EXPECT_THAT(ParseRedisEndpoint(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "REDIS_ADDRESS"))
        << text;
  }
}

TEST_F(RedisPoolTest, ReturnsAnErrorReplyAsAStatus) {
  RedisPool pool(PoolOptions(server_), clock_);

  EXPECT_THAT(pool.Command({"NOSUCHCOMMAND"}),
              StatusIs(absl::StatusCode::kInternal, "REDIS_ERROR"));
  EXPECT_TRUE(pool.healthy());
}

TEST_F(RedisPoolTest, F57_ALateReplyIsNeverTakenForAnother) {
  RedisPool::Options options = PoolOptions(server_);
  options.size = 1;
  options.breaker.failures_to_open = 1000;
  RedisPool pool(options, clock_);
  ASSERT_THAT(pool.Command({"ECHO", "warm"}), IsOk());

  for (int i = 0; i < 20; ++i) {
    server_.Pause();
    EXPECT_THAT(
        pool.Command({"ECHO", absl::StrCat("late ", i)}, absl::Milliseconds(5)),
        StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
    server_.Resume();
    const std::string tag = absl::StrCat("tag ", i);
    EXPECT_THAT(pool.Command({"ECHO", tag}), IsOkAndHolds(Text(tag)));
  }
}

TEST_F(RedisPoolTest, ThreadsShareFewConnectionsAndGetTheirOwnReplies) {
  RedisPool::Options options = PoolOptions(server_);
  options.size = 2;
  options.command_timeout = absl::Seconds(30);
  RedisPool pool(options, clock_);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;

  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string tag = absl::StrCat(t, "/", i);
        const auto reply = pool.Command({"ECHO", tag});
        if (!reply.ok() || *reply != Text(tag)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0);
  const RedisReply clients = server_.Run({"CLIENT", "LIST"});
  ASSERT_NE(clients.text(), nullptr);
  // Two of the pool and the one that asks.
  EXPECT_LE(std::count(clients.text()->begin(), clients.text()->end(), '\n'),
            3);
}

TEST_F(RedisPoolTest, F08_FailsAtOnceWhileTheBreakerIsOpen) {
  RedisPool pool(PoolOptions(server_), clock_);
  server_.Stop();

  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(pool.Command({"PING"}),
                StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECT"));
  }

  EXPECT_FALSE(pool.healthy());
  EXPECT_THAT(pool.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
}

// As services use it: a server that hangs costs five waits of 20 ms, then none.
TEST_F(RedisPoolTest, F08_AServerThatHangsIsGivenUpWithinAFifthOfASecond) {
  RedisPool::Options options;
  options.endpoint = server_.endpoint();
  ASSERT_LE(options.breaker.failures_to_open * options.command_timeout,
            absl::Milliseconds(200));
  ASSERT_LE(options.command_timeout, absl::Milliseconds(50));
  RedisPool pool(options, clock_);
  server_.Pause();

  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.healthy());
    // The kernel takes connections of a process that stands still.
    EXPECT_THAT(pool.Command({"PING"}),
                StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
  }

  EXPECT_FALSE(pool.healthy());
  EXPECT_THAT(pool.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
  server_.Resume();
}

TEST_F(RedisPoolTest, F08_ServesAgainAfterTheServerIsBack) {
  RedisPool pool(PoolOptions(server_), clock_);
  server_.Stop();
  while (pool.healthy()) (void)pool.Command({"PING"});

  server_.Restart();
  EXPECT_THAT(pool.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
  clock_.Advance(absl::Milliseconds(600));

  EXPECT_THAT(pool.Command({"PING"}), IsOk());
  EXPECT_TRUE(pool.healthy());
}

TEST_F(RedisPoolTest, DropsConnectionsThatTheServerClosed) {
  RedisPool pool(PoolOptions(server_), clock_);
  ASSERT_THAT(pool.Command({"PING"}), IsOk());

  server_.Restart();

  EXPECT_THAT(pool.Command({"PING"}), IsOk());
}

TEST_F(RedisPoolTest, F08_AServerThatDoesNotServeOpensTheBreaker) {
  RedisPool pool(PoolOptions(server_), clock_);
  server_.Run({"REPLICAOF", "127.0.0.1", "1"});

  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(pool.Command({"SET", "k", "v"}),
                StatusIs(absl::StatusCode::kUnavailable, "REDIS_NOT_SERVING"));
  }

  EXPECT_FALSE(pool.healthy());
}

TEST_F(RedisPoolTest, AFullPoolIsNotAFaultOfTheServer) {
  RedisPool::Options options = PoolOptions(server_);
  options.size = 1;
  options.breaker.failures_to_open = 1;
  RedisPool pool(options, clock_);
  std::thread holder([&] {
    EXPECT_THAT(pool.Command({"BLPOP", "list", "0"}, absl::Seconds(60)),
                IsOk());
  });
  std::string clients;
  while (!absl::StrContains(clients, "blocked_clients:1")) {
    clients = *server_.Run({"INFO", "clients"}).text();
  }

  EXPECT_THAT(pool.Command({"PING"}, absl::Milliseconds(1)),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_POOL_EXHAUSTED"));
  EXPECT_TRUE(pool.healthy());
  server_.Run({"LPUSH", "list", "go"});
  holder.join();
}

}  // namespace
}  // namespace crm
