// A backend of several replicas: which of them gets a call, and what becomes of
// calls when one stops.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/http_server.h"
#include "gateway/http/upstream_replica.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/loop_thread.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;
using ::testing::Each;
using ::testing::Ge;

constexpr size_t kReplicas = 3;

// Says of a replica what the test says.
class ToldWatch final : public ReplicaWatch {
 public:
  ToldWatch(std::vector<UpstreamReplica*>& watched, UpstreamReplica& replica)
      : watched_(watched), replica_(replica) {
    watched_.push_back(&replica_);
  }
  ~ToldWatch() override { std::erase(watched_, &replica_); }

 private:
  std::vector<UpstreamReplica*>& watched_;
  UpstreamReplica& replica_;
};

class ReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    thread_.Call([this] {
      std::vector<std::string> addresses;
      for (size_t i = 0; i < kReplicas; ++i) {
        Start(i, 0);
        addresses.push_back(absl::StrCat("127.0.0.1:", ports_[i]));
      }
      UpstreamOptions options;
      options.watch = [this](UpstreamReplica& replica) {
        return std::make_unique<ToldWatch>(watched_, replica);
      };
      upstream_ = std::make_unique<H2Upstream>(
          thread_.loop(), absl::StrJoin(addresses, ","), options);
    });
    ASSERT_TRUE(AreUp(kReplicas));
  }

  void TearDown() override {
    thread_.Call([this] {
      calls_.clear();
      upstream_.reset();
      for (auto& server : servers_) server.reset();
    });
  }

  void Start(size_t i, uint16_t port) {
    servers_[i] = std::make_unique<HttpServer>(thread_.loop(), HttpLimits{},
                                               TestApp(logs_[i]));
    const auto bound = servers_[i]->Listen(absl::StrCat("127.0.0.1:", port));
    ASSERT_TRUE(bound.ok()) << bound.status();
    ports_[i] = *bound;
  }

  bool AreUp(size_t count) {
    return thread_.Eventually([=, this] { return watched_.size() == count; });
  }

  // Opens a call that the server holds, and waits until it has it.
  void Hold(int count) {
    for (int i = 0; i < count; ++i) {
      const size_t before = thread_.Call([this] { return Held(); });
      thread_.Call([this] {
        calls_.push_back(std::make_unique<Recorder>());
        calls_.back()->Get(*upstream_, "/hold");
      });
      ASSERT_TRUE(thread_.Eventually([&] { return Held() == before + 1; }));
    }
  }

  size_t Held() const {
    size_t held = 0;
    for (const AppLog& log : logs_) held += log.held.size();
    return held;
  }

  std::vector<size_t> HeldByEach() {
    return thread_.Call([this] {
      std::vector<size_t> held;
      for (const AppLog& log : logs_) held.push_back(log.held.size());
      return held;
    });
  }

  // Makes `count` calls, one after the other, and returns their errors.
  std::vector<absl::Status> Call(int count) {
    std::vector<absl::Status> errors;
    for (int i = 0; i < count; ++i) {
      Recorder call;
      thread_.Call([&] { call.Post(*upstream_, "/echo", "x"); });
      EXPECT_TRUE(thread_.Eventually([&] { return call.done(); }));
      thread_.Call([&] { call.stream_.reset(); });
      if (call.failed_) errors.push_back(call.error_);
    }
    return errors;
  }

  std::vector<size_t> SeenByEach() {
    return thread_.Call([this] {
      std::vector<size_t> seen;
      for (const AppLog& log : logs_) seen.push_back(log.heads.size());
      return seen;
    });
  }

  LoopThread thread_;
  std::array<AppLog, kReplicas> logs_;
  std::array<std::unique_ptr<HttpServer>, kReplicas> servers_;
  std::array<uint16_t, kReplicas> ports_ = {};
  std::vector<UpstreamReplica*> watched_;
  std::vector<std::unique_ptr<Recorder>> calls_;
  std::unique_ptr<H2Upstream> upstream_;
};

TEST_F(ReplicasTest, ACallGoesWhereTheFewestAreUnderWay) {
  Hold(9);

  EXPECT_EQ(HeldByEach(), std::vector<size_t>({3, 3, 3}));

  thread_.Call([this] {
    for (auto& answer : logs_[1].held) answer();
    logs_[1].held.clear();
  });
  ASSERT_TRUE(thread_.Eventually([this] {
    return std::count_if(calls_.begin(), calls_.end(),
                         [](const auto& call) { return call->done(); }) == 3;
  }));
  Hold(3);
  EXPECT_EQ(HeldByEach(), std::vector<size_t>({3, 3, 3}));
}

TEST_F(ReplicasTest, CallsThatFollowEachOtherTakeTurns) {
  Call(30);

  EXPECT_EQ(SeenByEach(), std::vector<size_t>({10, 10, 10}));
}

TEST_F(ReplicasTest, WhoSaysThatItDoesNotServeGetsNothingWhileAnotherDoes) {
  thread_.Call([this] { watched_[0]->set_serving(false); });
  Call(20);
  std::vector<size_t> seen = SeenByEach();
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, std::vector<size_t>({0, 10, 10}));

  thread_.Call([this] {
    for (UpstreamReplica* replica : watched_) replica->set_serving(false);
  });
  EXPECT_TRUE(Call(3).empty());
}

TEST_F(ReplicasTest, NoCallFailsWhileOneAfterTheOtherRestarts) {
  for (size_t i = 0; i < kReplicas; ++i) {
    bool stopped = false;
    thread_.Call(
        [&] { servers_[i]->Stop(absl::Seconds(20), [&] { stopped = true; }); });
    EXPECT_TRUE(Call(20).empty());
    ASSERT_TRUE(thread_.Eventually([&] { return stopped; }));
    EXPECT_TRUE(Call(20).empty());
    thread_.Call([&] {
      servers_[i].reset();
      Start(i, ports_[i]);
    });
    ASSERT_TRUE(AreUp(kReplicas));
  }
  Call(30);

  EXPECT_THAT(SeenByEach(), Each(Ge(10u)));
}

TEST_F(ReplicasTest, OnlyWhatWasUnderWayAtAReplicaThatDiesIsLost) {
  Hold(3);

  thread_.Call([this] { servers_[1].reset(); });

  ASSERT_TRUE(thread_.Eventually([this] {
    return std::count_if(calls_.begin(), calls_.end(),
                         [](const auto& call) { return call->failed_; }) == 1;
  }));
  EXPECT_TRUE(AreUp(2));
  EXPECT_TRUE(Call(10).empty());
  thread_.Call([this] {
    for (const auto& call : calls_) {
      if (call->failed_) {
        EXPECT_THAT(call->error_,
                    StatusIs(absl::StatusCode::kUnavailable, "UPSTREAM_LOST"));
      }
    }
  });
}

TEST_F(ReplicasTest, ANameStandsForWhatItIsResolvedTo) {
  thread_.Call([this] {
    upstream_ = std::make_unique<H2Upstream>(
        thread_.loop(), absl::StrCat("localhost:", ports_[2]));
  });

  EXPECT_TRUE(Call(3).empty());
  EXPECT_EQ(SeenByEach(), std::vector<size_t>({0, 0, 3}));
}

}  // namespace
}  // namespace crm::gateway
