#include "shared/redis/client.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/redis/told_server.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::ClientOptions;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::RedisServer;
using ::testing::SizeIs;
using testing::StatusIs;
using testing::ToldServer;

RedisReply Text(absl::string_view text) {
  return {RedisString{std::string(text)}};
}

// Returns the number that follows `name` in what INFO says.
int NumberAfter(absl::string_view info, absl::string_view name) {
  const size_t begin = info.find(name);
  int number = -1;
  if (begin == absl::string_view::npos) return number;
  info.remove_prefix(begin + name.size());
  (void)absl::SimpleAtoi(info.substr(0, info.find('\r')), &number);
  return number;
}

class RedisClientTest : public ::testing::Test {
 protected:
  RedisServer server_;
  FakeClock clock_{absl::UnixEpoch()};
};

TEST_F(RedisClientTest, ReturnsAnErrorReplyAsAStatus) {
  RedisClient client(ClientOptions(server_), clock_);

  EXPECT_THAT(client.Command({"NOSUCHCOMMAND"}),
              StatusIs(absl::StatusCode::kInternal, "REDIS_ERROR"));
  EXPECT_TRUE(client.healthy());
}

TEST_F(RedisClientTest, F57_ALateReplyIsNeverTakenForAnother) {
  RedisClient::Options options = ClientOptions(server_);
  options.breaker.failures_to_open = 1000;
  RedisClient client(options, clock_);
  ASSERT_THAT(client.Command({"ECHO", "warm"}), IsOk());

  for (int i = 0; i < 20; ++i) {
    server_.Pause();
    EXPECT_THAT(client.Command({"ECHO", absl::StrCat("late ", i)},
                               absl::Milliseconds(5)),
                StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
    server_.Resume();
    const std::string tag = absl::StrCat("tag ", i);
    EXPECT_THAT(client.Command({"ECHO", tag}), IsOkAndHolds(Text(tag)));
  }
}

TEST_F(RedisClientTest, ThreadsShareAConnectionAndGetTheirOwnReplies) {
  RedisClient::Options options = ClientOptions(server_);
  options.command_timeout = absl::Seconds(30);
  RedisClient client(options, clock_);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;

  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string tag = absl::StrCat(t, "/", i);
        const auto reply = client.Command({"ECHO", tag});
        if (!reply.ok() || *reply != Text(tag)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0);
  const RedisReply clients = server_.Run({"CLIENT", "LIST"});
  ASSERT_NE(clients.text(), nullptr);
  // The client and the one that asks.
  EXPECT_EQ(std::count(clients.text()->begin(), clients.text()->end(), '\n'),
            2);
}

TEST_F(RedisClientTest, F08_FailsAtOnceWhileTheBreakerIsOpen) {
  RedisClient client(ClientOptions(server_), clock_);
  server_.Stop();

  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client.Command({"PING"}),
                StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECT"));
  }

  EXPECT_FALSE(client.healthy());
  EXPECT_THAT(client.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
}

// As services use it: a server that hangs costs five waits of 20 ms, then none.
TEST_F(RedisClientTest, F08_AServerThatHangsIsGivenUpWithinAFifthOfASecond) {
  RedisClient::Options options;
  options.endpoint = server_.endpoint();
  ASSERT_LE(options.breaker.failures_to_open * options.command_timeout,
            absl::Milliseconds(200));
  ASSERT_LE(options.command_timeout, absl::Milliseconds(50));
  RedisClient client(options, clock_);
  server_.Pause();

  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.healthy());
    // The kernel takes connections of a process that stands still.
    EXPECT_THAT(client.Command({"PING"}),
                StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
  }

  EXPECT_FALSE(client.healthy());
  EXPECT_THAT(client.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
  server_.Resume();
}

TEST_F(RedisClientTest, F08_ServesAgainAfterTheServerIsBack) {
  RedisClient client(ClientOptions(server_), clock_);
  server_.Stop();
  while (client.healthy()) (void)client.Command({"PING"});

  server_.Restart();
  EXPECT_THAT(client.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_DOWN"));
  clock_.Advance(absl::Milliseconds(600));

  EXPECT_THAT(client.Command({"PING"}), IsOk());
  EXPECT_TRUE(client.healthy());
}

TEST_F(RedisClientTest, DropsConnectionsThatTheServerClosed) {
  RedisClient client(ClientOptions(server_), clock_);
  ASSERT_THAT(client.Command({"PING"}), IsOk());

  server_.Restart();

  EXPECT_THAT(client.Command({"PING"}), IsOk());
}

TEST_F(RedisClientTest, F08_AServerThatDoesNotServeOpensTheBreaker) {
  RedisClient client(ClientOptions(server_), clock_);
  server_.Run({"REPLICAOF", "127.0.0.1", "1"});

  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client.Command({"SET", "k", "v"}),
                StatusIs(absl::StatusCode::kUnavailable, "REDIS_NOT_SERVING"));
  }

  EXPECT_FALSE(client.healthy());
}

// Counts down to what a test waits for.
class Gate {
 public:
  explicit Gate(int count) : count_(count) {}
  void Pass() {
    std::lock_guard lock(mutex_);
    if (--count_ == 0) open_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    open_.wait(lock, [this] { return count_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable open_;
  int count_;
};

TEST_F(RedisClientTest, WhatIsIssuedTogetherGoesOutTogether) {
  RedisClient client(ClientOptions(server_), clock_);
  ASSERT_THAT(client.Command({"PING"}), IsOk());
  constexpr int kCommands = 64;
  Gate done(kCommands);
  std::vector<std::string> answers;

  // Issued by the client's own thread, in one turn of its loop.
  client.Send({{"PING"}}, absl::Seconds(30), [&](const auto&) {
    for (int i = 0; i < kCommands; ++i) {
      client.Send({{"ECHO", absl::StrCat(i)}}, absl::Seconds(30),
                  [&](absl::StatusOr<std::vector<RedisReply>> replies) {
                    if (replies.ok()) answers.push_back(*replies->at(0).text());
                    done.Pass();
                  });
    }
  });
  done.Wait();

  ASSERT_THAT(answers, SizeIs(kCommands));
  for (int i = 0; i < kCommands; ++i) EXPECT_EQ(answers[i], absl::StrCat(i));
  // Redis counts the events of its loop in which it read from clients.
  const std::string reads = *server_.Run({"INFO", "stats"}).text();
  EXPECT_LE(NumberAfter(reads, "total_reads_processed:"), 12);
}

TEST_F(RedisClientTest, HoldsSoManyCommandsAndRefusesTheNext) {
  RedisClient::Options options = ClientOptions(server_);
  options.max_commands = 3;
  options.breaker.failures_to_open = 1;
  RedisClient client(options, clock_);
  server_.Pause();
  Gate done(2);
  const auto pass = [&](const auto&) { done.Pass(); };
  client.Send({{"PING"}, {"PING"}}, absl::Seconds(60), pass);
  client.Send({{"PING"}}, absl::Seconds(60), pass);

  EXPECT_THAT(client.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_QUEUE_FULL"));

  // It says nothing about the server, and is over when there is room again.
  EXPECT_TRUE(client.healthy());
  server_.Resume();
  done.Wait();
  EXPECT_THAT(client.Command({"PING"}), IsOk());
}

TEST_F(RedisClientTest, HoldsSoManyBytesAndRefusesTheNext) {
  RedisClient::Options options = ClientOptions(server_);
  // As long as `*2 $4 ECHO $3 abc` on the wire.
  options.max_bytes = 23;
  RedisClient client(options, clock_);

  EXPECT_THAT(client.Command({"ECHO", "abc"}), IsOk());
  EXPECT_THAT(client.Command({"ECHO", "abcd"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_QUEUE_FULL"));
}

TEST_F(RedisClientTest, WhatIsLateHoldsItsPlaceUntilItsReplyHasCome) {
  RedisClient::Options options = ClientOptions(server_);
  options.max_commands = 1;
  RedisClient client(options, clock_);
  ASSERT_THAT(client.Command({"PING"}), IsOk());
  server_.Pause();
  ASSERT_THAT(client.Command({"PING"}, absl::Milliseconds(5)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));

  EXPECT_THAT(client.Command({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, "REDIS_QUEUE_FULL"));

  server_.Resume();
  while (!client.Command({"PING"}).ok()) std::this_thread::yield();
}

TEST_F(RedisClientTest, LosesWhatWasUnderWayWithItsConnectionAndSaysSoFirst) {
  RedisClient::Options options = ClientOptions(server_);
  std::atomic<int> lost = 0;
  options.on_disconnect = [&] { ++lost; };
  RedisClient client(options, clock_);
  ASSERT_THAT(client.Command({"PING"}), IsOk());
  server_.Pause();
  Gate done(3);
  for (int i = 0; i < 3; ++i) {
    client.Send({{"PING"}}, absl::Seconds(60), [&](const auto& replies) {
      EXPECT_THAT(replies, StatusIs(absl::StatusCode::kUnavailable,
                                    "REDIS_CONNECTION_LOST"));
      EXPECT_EQ(lost, 1);
      done.Pass();
    });
  }
  // Commands go in their order: once this one is late, those were sent.
  ASSERT_THAT(client.Command({"PING"}, absl::Milliseconds(1)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));

  server_.Stop();
  done.Wait();

  // Many lost at once are one failure of the server, as the late one is.
  EXPECT_TRUE(client.healthy());
}

TEST_F(RedisClientTest, AServerThatHangsOpensTheBreakerAndIsUsedAgainAfter) {
  RedisClient client(ClientOptions(server_), clock_);
  server_.Pause();
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client.Command({"PING"}, absl::Milliseconds(5)),
                StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
  }
  EXPECT_FALSE(client.healthy());

  server_.Resume();
  clock_.Advance(absl::Seconds(1));

  EXPECT_THAT(client.Command({"ECHO", "now"}), IsOkAndHolds(Text("now")));
  EXPECT_TRUE(client.healthy());
}

TEST_F(RedisClientTest, EndsWhatIsUnderWayWhenItIsClosed) {
  absl::Status status;
  {
    RedisClient client(ClientOptions(server_), clock_);
    server_.Pause();
    client.Send({{"PING"}}, absl::Seconds(60),
                [&](const auto& replies) { status = replies.status(); });
  }

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kCancelled, "REDIS_INTERRUPTED"));
}

// What a client is answered by a server of `parts`, command by command.
std::vector<absl::Status> AskToldServer(const std::string& parts,
                                        int commands) {
  const FakeClock clock(absl::UnixEpoch());
  ToldServer server(parts);
  RedisClient::Options options;
  options.endpoint = {"127.0.0.1", server.port()};
  options.connect_timeout = absl::Seconds(5);
  std::atomic<int> lost = 0;
  options.on_disconnect = [&] { ++lost; };
  RedisClient client(options, clock);
  std::thread serving([&] { server.ServeOne(); });
  std::vector<absl::Status> statuses;
  for (int i = 0; i < commands; ++i) {
    statuses.push_back(client.Command({"PING"}, absl::Seconds(30)).status());
  }
  serving.join();
  while (lost == 0) std::this_thread::yield();
  return statuses;
}

TEST(RedisClient, BreaksWithAServerThatDoesNotSpeakTheProtocol) {
  // Those that end in `|` leave it to the client to close the connection.
  for (const char* parts : {"rubbish\r\n|", "*1048577\r\n|", "$-2\r\n|",
                            "*-2\r\n|", "$5\r\nabc", "*2\r\n+OK\r\n"}) {
    EXPECT_THAT(AskToldServer(parts, 1),
                ElementsAre(StatusIs(absl::StatusCode::kUnavailable,
                                     "REDIS_CONNECTION_LOST")))
        << parts;
  }
}

TEST(RedisClient, AReplyToNothingEndsTheConnectionAndIsNobodysReply) {
  EXPECT_THAT(AskToldServer("+first\r\n+second\r\n|", 1), ElementsAre(IsOk()));
}

}  // namespace
}  // namespace crm
