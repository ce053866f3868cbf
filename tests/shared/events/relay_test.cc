#include "shared/events/relay.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/events/event_stream.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::ClientOptions;
using testing::IsOk;
using testing::kPatience;
using testing::ProducerStore;
using testing::RedisServer;
using testing::StatusIs;

constexpr int kPartitions = 4;

class RelayTest : public ::testing::Test {
 protected:
  void StartRelay(Relay::Options options = {}) {
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(20);
    options.check_interval = absl::Milliseconds(20);
    relay_ = std::make_unique<Relay>(store_.database(), store_.outbox(),
                                     &redis_, clock_, options);
    relay_->Start();
  }

  // Returns the ids in a partition's stream, as far as it reaches back.
  std::vector<int64_t> StreamSeqs(int partition) {
    const auto streams = ReadStreams(server_.Run(
        {"XREAD", "STREAMS", StreamKey("operational", partition, 1), "0"}));
    EXPECT_THAT(streams, IsOk());
    std::vector<int64_t> seqs;
    for (const StreamEntries& stream : *streams) {
      for (const StreamEntry& entry : stream.entries) {
        EXPECT_TRUE(entry.event.has_value());
        seqs.push_back(entry.seq);
      }
    }
    return seqs;
  }

  // Expects each stream to hold exactly the events of its partition, in order.
  void ExpectStreamsComplete() {
    for (int partition = 0; partition < kPartitions; ++partition) {
      std::vector<int64_t> expected;
      for (const auto& event : store_.Events(partition)) {
        expected.push_back(event.seq());
      }
      EXPECT_EQ(StreamSeqs(partition), expected) << "partition " << partition;
    }
  }

  static CircuitBreaker::Options QuickProbes() {
    return {.probe_interval = absl::Milliseconds(10), .seed = 1};
  }

  static RedisClient::Options Quick(const RedisServer& server) {
    RedisClient::Options options = ClientOptions(server);
    options.breaker = QuickProbes();
    return options;
  }

  RedisServer server_;
  SystemClock clock_;
  ProducerStore store_{kPartitions};
  RedisClient redis_{Quick(server_), clock_};
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayTest, CopiesAllEventsInOrderWithoutHoles) {
  store_.Emit("customers/early", 3);
  StartRelay();

  for (int i = 0; i < 40; ++i) store_.Emit(absl::StrCat("customers/", i), 5);

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  ExpectStreamsComplete();
  EXPECT_EQ(relay_->Stats().Lag(), 0);
}

TEST_F(RelayTest, IsWokenByACommit) {
  Relay::Options options;
  StartRelay(options);
  store_.Emit("customers/a");

  // No Flush(): the commit alone has to set it off.
  while (StreamSeqs(PartitionOf("acme", "customers/a", kPartitions)).empty()) {
  }
}

TEST_F(RelayTest, F06_FillsAFlushedRedisWithoutANewEvent) {
  StartRelay();
  const int partition = store_.Emit("customers/a", 10).partition();
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());

  server_.Run({"FLUSHALL"});

  while (StreamSeqs(partition).size() < 10) {
  }
  ExpectStreamsComplete();
}

TEST_F(RelayTest, F06_FillsARedisThatWasRestartedEmpty) {
  StartRelay();
  store_.Emit("customers/a", 10);
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());

  server_.Restart();
  store_.Emit("customers/a", 10);

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  ExpectStreamsComplete();
}

TEST_F(RelayTest, F08_NumbersWhileRedisIsDownAndCatchesUpAfter) {
  StartRelay();
  server_.Stop();

  const int partition = store_.Emit("customers/a", 20).partition();
  while (store_.Events(partition).size() < 20) {
  }
  EXPECT_THAT(relay_->Flush(absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND"));
  server_.Restart();

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  ExpectStreamsComplete();
}

TEST_F(RelayTest, F08_AHangingRedisDoesNotHoldUpNumbering) {
  StartRelay();
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  server_.Pause();

  const int partition = store_.Emit("customers/a", 20).partition();
  while (store_.Events(partition).size() < 20) {
  }
  server_.Resume();

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  ExpectStreamsComplete();
}

TEST_F(RelayTest, GoesOnWhereTheLastRunEnded) {
  StartRelay();
  store_.Emit("customers/a", 5);
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  relay_->Stop();
  store_.Emit("customers/a", 5);

  StartRelay();

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  ExpectStreamsComplete();
}

TEST_F(RelayTest, AnEmptyStreamBeginsNearTheEnd) {
  store_.Emit("customers/a", 50);
  store_.Number();
  Relay::Options options;
  options.publisher.begin_entries = 10;

  StartRelay(options);

  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  const std::vector<int64_t> seqs =
      StreamSeqs(PartitionOf("acme", "customers/a", kPartitions));
  EXPECT_EQ(seqs.front(), 41);
  EXPECT_EQ(seqs.back(), 50);
}

TEST_F(RelayTest, APartitionWhoseStreamIsAheadStandsStillAndOthersGoOn) {
  const int halted = PartitionOf("acme", "customers/a", kPartitions);
  server_.Run(
      {"SET", StreamLastKey(StreamKey("operational", halted, 1)), "1000"});
  for (int i = 0; i < 10; ++i) store_.Emit(absl::StrCat("customers/", i));
  store_.Emit("customers/a", 3);

  StartRelay();

  EXPECT_THAT(relay_->Flush(absl::Milliseconds(200)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND"));
  EXPECT_THAT(relay_->Stats().publishing_status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "STREAM_AHEAD"));
  EXPECT_EQ(relay_->Stats().halted, 1);
  for (int partition = 0; partition < kPartitions; ++partition) {
    // A position given there would be one that consumers have seen.
    EXPECT_EQ(store_.Events(partition).empty(), partition == halted);
    EXPECT_EQ(StreamSeqs(partition).empty(), partition == halted);
  }
}

TEST_F(RelayTest, ANewEpochSetsAHaltedPartitionGoing) {
  const int halted = PartitionOf("acme", "customers/a", kPartitions);
  server_.Run(
      {"SET", StreamLastKey(StreamKey("operational", halted, 1)), "1000"});
  store_.Emit("customers/a", 3);
  StartRelay();
  EXPECT_THAT(relay_->Flush(absl::Milliseconds(100)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND"));

  store_.RaiseEpoch();

  while (store_.Events(halted).size() < 3) {
  }
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  EXPECT_EQ(relay_->Stats().halted, 0);
}

TEST_F(RelayTest, F35_AStoreThatLostItsTailIsNotNumberedUntilItsEpochIsRaised) {
  StartRelay();
  const int partition = store_.Emit("customers/a", 20).partition();
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());

  store_.LoseAfter(partition, 15);
  store_.Emit("customers/a", 10);

  EXPECT_THAT(relay_->Flush(absl::Milliseconds(200)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND"));
  EXPECT_THAT(
      relay_->Stats().numbering_status,
      StatusIs(absl::StatusCode::kFailedPrecondition, "STORE_WENT_BACK"));
  EXPECT_EQ(relay_->Stats().halted, kPartitions);
  EXPECT_EQ(store_.Events(partition).size(), 15u);
  EXPECT_EQ(StreamSeqs(partition).size(), 20u);

  store_.RaiseEpoch();
  while (store_.Events(partition).size() < 25) {
  }
  ASSERT_THAT(relay_->Flush(kPatience), IsOk());
  EXPECT_EQ(relay_->Stats().halted, 0);
}

TEST_F(RelayTest, F35_ATailThatIsLostWithoutRedisIsMissedAllTheSame) {
  Relay relay(store_.database(), store_.outbox(), nullptr, clock_, {});
  relay.Start();
  const int partition = store_.Emit("customers/a", 20).partition();
  ASSERT_THAT(relay.Flush(kPatience), IsOk());

  store_.LoseAfter(partition, 15);
  store_.Emit("customers/a", 10);

  EXPECT_THAT(relay.Flush(absl::Milliseconds(200)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND"));
  EXPECT_EQ(store_.Events(partition).size(), 15u);
}

TEST_F(RelayTest, NumbersWithoutAnyRedis) {
  Relay relay(store_.database(), store_.outbox(), nullptr, clock_, {});
  relay.Start();
  const int partition = store_.Emit("customers/a", 5).partition();

  ASSERT_THAT(relay.Flush(kPatience), IsOk());

  EXPECT_EQ(store_.Events(partition).size(), 5u);
}

TEST_F(RelayTest, FlushEndsWhenTheRelayStops) {
  StartRelay();
  relay_->Stop();

  EXPECT_THAT(relay_->Flush(kPatience),
              StatusIs(absl::StatusCode::kUnavailable, "RELAY_STOPPED"));
}

}  // namespace
}  // namespace crm
