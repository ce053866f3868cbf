#include "shared/redis/invalidations.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/redis/told_server.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RedisServer;
using testing::ToldServer;

// Notes what is heard, in order.
class Notes {
 public:
  RedisInvalidations::Listener listener() {
    return {.begun = [this] { Add("begun"); },
            .ended = [this] { Add("ended"); },
            .changed =
                [this](absl::Span<const std::string> keys) {
                  for (const std::string& key : keys) Add(key);
                },
            .all_changed = [this] { Add("all"); }};
  }

  // Waits for so many notes and returns them.
  std::vector<std::string> First(size_t count) {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [&] { return notes_.size() >= count; });
    return notes_;
  }

 private:
  void Add(const std::string& note) {
    std::lock_guard lock(mutex_);
    notes_.push_back(note);
    added_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<std::string> notes_;
};

RedisInvalidations::Options OptionsFor(const RedisEndpoint& endpoint) {
  RedisInvalidations::Options options;
  options.endpoint = endpoint;
  options.prefix = "k:";
  options.timeout = absl::Seconds(5);
  options.silence = absl::Seconds(5);
  options.first_retry = absl::Milliseconds(1);
  return options;
}

class RedisInvalidationsTest : public ::testing::Test {
 protected:
  RedisServer server_;
  Notes notes_;
};

TEST_F(RedisInvalidationsTest, HearsOfChangesOfItsKeysWhoeverMakesThem) {
  RedisInvalidations invalidations(OptionsFor(server_.endpoint()),
                                   notes_.listener());
  notes_.First(1);

  server_.Run({"SET", "other", "1"});
  server_.Run({"SET", "k:a", "1"});
  server_.Run({"DEL", "k:a"});
  server_.Run({"FLUSHALL"});

  EXPECT_THAT(notes_.First(4), ElementsAre("begun", "k:a", "k:a", "all"));
}

TEST_F(RedisInvalidationsTest, SaysWhenItNoLongerHearsAndWhenItDoesAgain) {
  RedisInvalidations invalidations(OptionsFor(server_.endpoint()),
                                   notes_.listener());
  notes_.First(1);

  server_.Run({"CLIENT", "KILL", "TYPE", "pubsub"});
  notes_.First(3);
  server_.Run({"SET", "k:a", "1"});

  EXPECT_THAT(notes_.First(4), ElementsAre("begun", "ended", "begun", "k:a"));
}

TEST_F(RedisInvalidationsTest, GivesUpAServerThatShowsNoSignOfLife) {
  RedisInvalidations::Options options = OptionsFor(server_.endpoint());
  options.silence = absl::Milliseconds(20);
  RedisInvalidations invalidations(options, notes_.listener());
  notes_.First(1);

  server_.Pause();
  EXPECT_THAT(notes_.First(2), ElementsAre("begun", "ended"));

  server_.Resume();
  EXPECT_EQ(notes_.First(3).at(2), "begun");
}

TEST_F(RedisInvalidationsTest, ASilentServerThatLivesIsKept) {
  RedisInvalidations::Options options = OptionsFor(server_.endpoint());
  options.silence = absl::Milliseconds(500);
  RedisInvalidations invalidations(options, notes_.listener());
  notes_.First(1);
  server_.Run({"CONFIG", "RESETSTAT"});

  while (server_.Run({"INFO", "commandstats"}).text()->find("cmdstat_ping") ==
         std::string::npos) {
  }
  server_.Run({"SET", "k:a", "1"});

  EXPECT_THAT(notes_.First(2), ElementsAre("begun", "k:a"));
}

TEST_F(RedisInvalidationsTest, SaysThatItEndsBeforeARestartReturns) {
  RedisInvalidations invalidations(OptionsFor(server_.endpoint()),
                                   notes_.listener());
  notes_.First(1);

  invalidations.Restart();
  EXPECT_EQ(notes_.First(2).at(1), "ended");

  EXPECT_EQ(notes_.First(3).at(2), "begun");
}

TEST_F(RedisInvalidationsTest, ComesBackToAServerThatWasAway) {
  server_.Stop();
  RedisInvalidations invalidations(OptionsFor(server_.endpoint()),
                                   notes_.listener());
  server_.Restart();

  EXPECT_THAT(notes_.First(1), ElementsAre("begun"));
}

TEST(RedisInvalidations, BelievesNothingThatIsNotAMessageOfInvalidations) {
  const std::string begin = ":7\r\n|+OK\r\n|+OK\r\n";
  for (const char* message :
       {":1\r\n", "*0\r\n", "*1\r\n:1\r\n", "*2\r\n$7\r\nmessage\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n:1\r\n", "-ERR no\r\n"}) {
    ToldServer server(begin + message);
    Notes notes;
    RedisInvalidations invalidations(OptionsFor({"127.0.0.1", server.port()}),
                                     notes.listener());
    server.ServeOne();
    EXPECT_THAT(notes.First(2), ElementsAre("begun", "ended")) << message;
  }
}

TEST(RedisInvalidations, DoesNotBeginWhereTrackingIsRefused) {
  for (const char* answer :
       {"-NOPERM no\r\n", "+OK\r\n", ":7\r\n|-NOPERM no\r\n",
        ":7\r\n|+OK\r\n|-NOPERM no\r\n", ":7\r\n|+OK\r\n|+OK\r\nrubbish\r\n"}) {
    ToldServer server(answer);
    Notes notes;
    {
      RedisInvalidations invalidations(OptionsFor({"127.0.0.1", server.port()}),
                                       notes.listener());
      server.ServeOne();
    }
    EXPECT_THAT(notes.First(0), IsEmpty()) << answer;
  }
}

}  // namespace
}  // namespace crm
