#include "shared/events/consumer.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/parked_events.h"
#include "shared/events/relay.h"
#include "shared/storage/lease_keeper.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using internal::v1::AcknowledgeFeedRequest;
using internal::v1::HeadFeedResponse;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;
using testing::ClientOptions;
using testing::EffectStore;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::kPatience;
using testing::ProducerStore;
using testing::RedisServer;
using testing::StatusIs;

constexpr int kPartitions = 4;

// The producer's feed, until it is switched off.
class SwitchedFeed final : public FeedClient {
 public:
  explicit SwitchedFeed(FeedClient& feed) : feed_(feed) {}

  absl::StatusOr<ReadFeedResponse> Read(const ReadFeedRequest& request,
                                        absl::Duration timeout) override {
    if (off) return Off();
    ++reads;
    return feed_.Read(request, timeout);
  }
  absl::StatusOr<HeadFeedResponse> Head(absl::Duration timeout) override {
    if (off) return Off();
    return feed_.Head(timeout);
  }

  absl::Status Acknowledge(const AcknowledgeFeedRequest& request,
                           absl::Duration timeout) override {
    if (off) return Off();
    return feed_.Acknowledge(request, timeout);
  }

  std::atomic<bool> off = false;
  std::atomic<int> reads = 0;

 private:
  static absl::Status Off() { return Unavailable("OFF", "Switched off."); }

  FeedClient& feed_;
};

class ConsumerTest : public ::testing::Test {
 protected:
  void StartRelay() {
    Relay::Options options;
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(20);
    options.check_interval = absl::Milliseconds(20);
    relay_ = std::make_unique<Relay>(producer_.database(), producer_.outbox(),
                                     &pool_, clock_, options);
    relay_->Start();
  }

  void StartConsumer(RedisClient* redis) {
    Consumer::Options options;
    options.producer = "operational";
    options.name = "effects";
    options.partitions = kPartitions;
    options.poll_interval = absl::Milliseconds(10);
    options.head_interval = head_interval_;
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(20);
    consumer_ = std::make_unique<Consumer>(options, redis, feed_,
                                           effects_.applier(), clock_);
    consumer_->Start();
  }

  // Emits `count` events of each of ten customers.
  void Emit(int count) {
    for (int i = 0; i < 10; ++i) {
      producer_.Emit(absl::StrCat("customers/", i), count);
    }
  }

  bool WaitForEffects(int64_t count) {
    return effects_.WaitUntil([&] { return effects_.EffectCount() >= count; });
  }

  // Expects that each customer's events took effect `count` times in all.
  void ExpectEachCustomerHas(int64_t count) {
    const auto effects = effects_.Effects();
    EXPECT_EQ(effects.size(), 10u);
    for (const auto& [key, events] : effects) EXPECT_EQ(events, count) << key;
  }

  static LeaseKeeper::Options KeeperOptions(const std::string& holder) {
    return {.pool = "consume/operational",
            .names = {"0", "1", "2", "3"},
            .holder = holder};
  }

  static RedisClient::Options Quick(const RedisServer& server) {
    RedisClient::Options options = ClientOptions(server);
    options.breaker.probe_interval = absl::Milliseconds(10);
    return options;
  }

  absl::Duration head_interval_ = absl::Milliseconds(100);
  RedisServer server_;
  SystemClock clock_;
  ProducerStore producer_{kPartitions};
  EffectStore effects_;
  SwitchedFeed feed_{producer_.feed()};
  RedisClient pool_{Quick(server_), clock_};
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Consumer> consumer_;
};

TEST_F(ConsumerTest, AppliesEachEventOnceInTheOrderOfItsKey) {
  StartRelay();
  StartConsumer(&pool_);

  Emit(20);

  ASSERT_TRUE(WaitForEffects(200));
  ExpectEachCustomerHas(20);
}

TEST_F(ConsumerTest, FollowsTheStreamsOnceItIsLevel) {
  // The feed is asked at the start only.
  head_interval_ = absl::Hours(1);
  StartRelay();
  Emit(1);
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  StartConsumer(&pool_);
  ASSERT_TRUE(WaitForEffects(10));
  feed_.off = true;

  Emit(5);

  ASSERT_TRUE(WaitForEffects(60));
  ExpectEachCustomerHas(6);
}

TEST_F(ConsumerTest, GoesOnAfterARestartWithoutRepeating) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(10);
  ASSERT_TRUE(WaitForEffects(50));
  consumer_->Stop();
  Emit(10);

  StartConsumer(&pool_);

  ASSERT_TRUE(WaitForEffects(200));
  ExpectEachCustomerHas(20);
}

TEST_F(ConsumerTest, F08_ReadsTheFeedWhileRedisIsDownAndTheStreamsAfter) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(5);
  ASSERT_TRUE(WaitForEffects(50));
  server_.Stop();
  Emit(5);
  ASSERT_TRUE(WaitForEffects(100));

  server_.Restart();
  Emit(5);

  ASSERT_TRUE(WaitForEffects(150));
  ExpectEachCustomerHas(15);
}

TEST_F(ConsumerTest, F08_AHangingRedisIsTakenForADeadOne) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(5);
  ASSERT_TRUE(WaitForEffects(50));

  server_.Pause();
  Emit(5);

  EXPECT_TRUE(WaitForEffects(100));
  server_.Resume();
  ExpectEachCustomerHas(10);
}

TEST_F(ConsumerTest, F06_AFlushedRedisLosesAndRepeatsNothing) {
  StartRelay();
  StartConsumer(&pool_);

  for (int i = 1; i <= 5; ++i) {
    Emit(3);
    server_.Run({"FLUSHALL"});
  }

  ASSERT_TRUE(WaitForEffects(150));
  ExpectEachCustomerHas(15);
}

TEST_F(ConsumerTest, F07_ATrimmedStreamSendsItToTheFeed) {
  head_interval_ = absl::Hours(1);
  StartRelay();
  Emit(1);
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  StartConsumer(&pool_);
  ASSERT_TRUE(WaitForEffects(10));
  consumer_->Stop();
  Emit(10);
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  for (int i = 0; i < kPartitions; ++i) {
    server_.Run({"XTRIM", StreamKey("operational", i, 1), "MAXLEN", "1"});
  }
  StartConsumer(&pool_);

  ASSERT_TRUE(WaitForEffects(110));
  ExpectEachCustomerHas(11);
  consumer_->Stop();  // Which publishes what its last turn counted.
  EXPECT_GE(consumer_->Stats().events_from_feed, 90);
}

TEST_F(ConsumerTest, AnEventThatTheStreamLacksIsFoundByTheHead) {
  // No relay: the events are in the feed and in no stream.
  StartConsumer(&pool_);

  Emit(3);
  producer_.Number();

  ASSERT_TRUE(WaitForEffects(30));
  ExpectEachCustomerHas(3);
}

TEST_F(ConsumerTest, WorksWithoutAnyRedis) {
  StartConsumer(nullptr);

  Emit(3);
  producer_.Number();

  ASSERT_TRUE(WaitForEffects(30));
  EXPECT_FALSE(consumer_->Stats().streaming);
}

TEST_F(ConsumerTest, PoisonIsParkedItsKeyWaitsAndOthersFlow) {
  StartRelay();
  StartConsumer(&pool_);
  producer_.Emit("customers/bad", 1, "poison");
  producer_.Emit("customers/bad", 2);

  Emit(3);

  ASSERT_TRUE(WaitForEffects(30));
  ASSERT_TRUE(effects_.WaitUntil([&] { return effects_.ParkedCount() == 3; }));
  ExpectEachCustomerHas(3);
}

TEST_F(ConsumerTest, ABadMomentDelaysAndLosesNothing) {
  StartRelay();
  effects_.FailNext(25);
  StartConsumer(&pool_);

  Emit(3);

  ASSERT_TRUE(WaitForEffects(30));
  ExpectEachCustomerHas(3);
  EXPECT_EQ(effects_.ParkedCount(), 0);
}

TEST_F(ConsumerTest, ANewEpochStartsOver) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(3);
  ASSERT_TRUE(WaitForEffects(30));

  producer_.RaiseEpoch();
  Emit(1);

  ASSERT_TRUE(effects_.WaitUntil([&] {
    const auto state = effects_.applier().Load("operational");
    return state.ok() && state->feed_epoch == 2 && effects_.EffectCount() == 40;
  }));
  ExpectEachCustomerHas(4);
}

TEST_F(ConsumerTest, F27_APositionMovedByAnotherIsReadAgain) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(1);
  ASSERT_TRUE(WaitForEffects(10));
  // A second consumer of the same store: each step is taken by one of them.
  auto other = std::move(consumer_);
  StartConsumer(&pool_);

  Emit(10);

  ASSERT_TRUE(WaitForEffects(110));
  ExpectEachCustomerHas(11);
}

TEST_F(ConsumerTest, ReportsItsPositionsToTheProducer) {
  StartConsumer(nullptr);
  Emit(3);
  producer_.Number();
  ASSERT_TRUE(WaitForEffects(30));

  int64_t reported = 0;
  while (reported < 30) {
    ASSERT_THAT(producer_.database().Read(
                    clock_.Now() + kPatience,
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT seq FROM feed_consumer WHERE "
                                       "consumer = 'effects'",
                                       {}));
                      reported = 0;
                      for (const SqlRow& row : rows) {
                        reported += std::get<int64_t>(row[0]);
                      }
                      return absl::OkStatus();
                    }),
                IsOk());
  }
}

TEST_F(ConsumerTest, ALogThatWasTrimmedIsReadCompacted) {
  // The newest event of each resource is left; here a key is a resource.
  Emit(5);
  producer_.Number();
  for (int partition = 0; partition < kPartitions; ++partition) {
    ASSERT_THAT(producer_.database().WriteAndWait(
                    clock_.Now() + kPatience,
                    [&](SqlWriter& writer) {
                      return producer_.outbox()
                          .Trim(writer, partition, 1'000'000,
                                absl::InfiniteFuture(), 1000)
                          .status();
                    }),
                IsOk());
  }
  effects_.TakeAnyVersion();
  Emit(1);
  producer_.Number();

  StartConsumer(nullptr);

  ASSERT_TRUE(WaitForEffects(20));
  ExpectEachCustomerHas(2);
  int64_t applied = 0;
  while (applied < 60) {
    applied = 0;
    for (const int64_t position : consumer_->Stats().positions) {
      applied += position;
    }
  }
  EXPECT_GT(consumer_->Stats().gaps, 0);
}

TEST_F(ConsumerTest, APartitionIsConsumedByTheOneThatHasItsLease) {
  LeaseKeeper first(effects_.database(), clock_, KeeperOptions("first"));
  first.Tick();
  LeaseKeeper second(effects_.database(), clock_, KeeperOptions("second"));
  Emit(3);
  producer_.Number();
  Consumer::Options options;
  options.producer = "operational";
  options.partitions = kPartitions;
  options.poll_interval = absl::Milliseconds(5);
  Consumer idle(options, nullptr, feed_, effects_.applier(), clock_, &second);
  idle.Start();
  Consumer leader(options, nullptr, feed_, effects_.applier(), clock_, &first);
  leader.Start();

  ASSERT_TRUE(WaitForEffects(30));
  ExpectEachCustomerHas(3);
  EXPECT_EQ(idle.Stats().leading, 0);
}

TEST_F(ConsumerTest, ReplayedEventsOfAParkedKeyTakeEffectInOrderAndItFlows) {
  StartRelay();
  StartConsumer(&pool_);
  producer_.Emit("customers/bad", 1, "poison");
  producer_.Emit("customers/bad", 3);
  ASSERT_TRUE(effects_.WaitUntil([&] { return effects_.ParkedCount() == 4; }));
  const ParkedKey key{"acme", "customers/bad"};
  const auto replay = [&] {
    return ReplayParkedKey(effects_.applier(), "operational", key,
                           clock_.Now() + kPatience, clock_);
  };
  EXPECT_THAT(replay(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_EVENT"));

  effects_.TakePoison();
  EXPECT_THAT(replay(), IsOkAndHolds(4));
  producer_.Emit("customers/bad", 2);

  ASSERT_TRUE(effects_.WaitUntil(
      [&] { return effects_.Effects()["customers/bad"] == 6; }));
  EXPECT_EQ(effects_.ParkedCount(), 0);
}

TEST_F(ConsumerTest, StopsWhileItWaitsForNews) {
  StartRelay();
  StartConsumer(&pool_);
  Emit(1);
  ASSERT_TRUE(WaitForEffects(10));

  const absl::Duration before = clock_.Monotonic();
  consumer_->Stop();

  EXPECT_LT(clock_.Monotonic() - before, absl::Seconds(1));
}

TEST_F(ConsumerTest, TellsItsPositions) {
  StartConsumer(nullptr);
  Emit(3);
  producer_.Number();
  ASSERT_TRUE(WaitForEffects(30));
  consumer_->Stop();

  HeadFeedResponse response;
  consumer_->AddPositions(response);

  ASSERT_EQ(response.positions_size(), kPartitions);
  int64_t total = 0;
  for (const auto& position : response.positions()) {
    EXPECT_EQ(position.producer(), "operational");
    total += position.seq();
  }
  EXPECT_EQ(total, 30);
}

}  // namespace
}  // namespace crm
