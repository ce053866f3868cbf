#include "shared/events/log_trimmer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/events/consumer_registry.h"
#include "shared/events/event_stream.h"
#include "shared/events/stream_publisher.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using internal::v1::AcknowledgeFeedRequest;
using internal::v1::ReadFeedRequest;
using testing::ClientOptions;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::kPatience;
using testing::ProducerStore;
using testing::RedisServer;
using testing::StatusIs;

constexpr absl::Duration kOld = absl::Hours(8 * 24);

class LogTrimmerTest : public ::testing::Test {
 protected:
  // Commits, numbers and publishes events.
  void Publish(int count) {
    store_.Emit("customers/a", count);
    store_.Number();
    StreamPublisher publisher(store_.database(), store_.outbox(), pool_, clock_,
                              {.timeout = kPatience});
    ASSERT_THAT(publisher.Publish({0}), IsOk());
  }

  void Report(const std::string& consumer, int64_t seq) {
    AcknowledgeFeedRequest request;
    request.set_consumer(consumer);
    request.set_feed_epoch(1);
    request.add_positions()->set_seq(seq);
    ASSERT_THAT(store_.feed().Acknowledge(request, kPatience), IsOk());
  }

  void Trim(LogTrimmer::Options options) {
    options.timeout = kPatience;
    LogTrimmer trimmer(store_.database(), store_.outbox(), &pool_, clock_,
                       options);
    ASSERT_THAT(trimmer.Trim({0}), IsOk());
    expelled_ = trimmer.expelled();
  }

  int64_t StreamLength() {
    return *server_.Run({"XLEN", StreamKey("operational", 0, 1)}).integer();
  }

  absl::Status ReadFrom(int64_t after_seq) {
    ReadFeedRequest request;
    request.set_after_seq(after_seq);
    return store_.feed().Read(request, kPatience).status();
  }

  RedisServer server_;
  SystemClock clock_;
  ProducerStore store_{1};
  RedisClient pool_{ClientOptions(server_), clock_};
  std::vector<std::string> expelled_;
};

TEST_F(LogTrimmerTest, YoungEventsStayWhoeverHasAppliedThem) {
  Publish(500);
  Report("analytical", 500);

  Trim({.outbox_age = absl::ZeroDuration()});

  EXPECT_EQ(StreamLength(), 500);
  EXPECT_THAT(ReadFrom(0), IsOk());
}

TEST_F(LogTrimmerTest, OldEventsGoOnceEveryConsumerHasAppliedThem) {
  Publish(500);
  store_.Age(kOld);
  Report("analytical", 500);
  Report("collaborative", 300);

  Trim({.outbox_age = absl::Hours(7 * 24)});

  // XTRIM ~ leaves up to a node of entries more.
  EXPECT_GE(StreamLength(), 200);
  EXPECT_LT(StreamLength(), 400);
  EXPECT_THAT(ReadFrom(300), IsOk());
  EXPECT_THAT(ReadFrom(299),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_TRIMMED"));
}

TEST_F(LogTrimmerTest, AnsweredRequestsKeepTheirEventsForThreeDays) {
  Publish(10);
  store_.Age(kMinEventAge - absl::Hours(1));

  Trim({.outbox_age = absl::ZeroDuration()});

  EXPECT_THAT(ReadFrom(0), IsOk());
}

TEST_F(LogTrimmerTest, TheOutboxIsKeptWholeWithoutAnAge) {
  Publish(10);
  store_.Age(absl::Hours(24 * 365));

  Trim({.outbox_age = absl::InfiniteDuration()});

  EXPECT_THAT(ReadFrom(0), IsOk());
}

TEST_F(LogTrimmerTest, TheMemoryBoundTrimsWhatConsumersStillNeed) {
  Publish(600);
  Report("analytical", 0);

  Trim({.max_stream_bytes = 12'000});

  EXPECT_LT(StreamLength(), 500);
  EXPECT_GT(StreamLength(), 0);
  EXPECT_THAT(ReadFrom(0), IsOk());
}

TEST_F(LogTrimmerTest, ASilentConsumerIsExpelledAndHoldsNothingBack) {
  Publish(100);
  store_.Age(kOld);
  Report("silent", 10);

  Trim({.outbox_age = absl::Hours(7 * 24),
        .consumer_silence = -absl::Seconds(1)});

  EXPECT_THAT(expelled_, ElementsAre("silent"));
  EXPECT_THAT(ReadFrom(99),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_TRIMMED"));
}

TEST_F(LogTrimmerTest, TheStreamGoesOnAfterATrim) {
  Publish(500);
  store_.Age(kOld);

  Trim({.outbox_age = absl::Hours(7 * 24)});
  const int64_t length = StreamLength();
  Publish(5);

  EXPECT_EQ(StreamLength(), length + 5);
}

TEST_F(LogTrimmerTest, AStreamLostAfterATrimBeginsWhereTheOutboxDoes) {
  Publish(500);
  store_.Age(kOld);
  Trim({.outbox_age = absl::Hours(7 * 24)});

  server_.Run({"FLUSHALL"});
  Publish(5);

  EXPECT_EQ(StreamLength(), 5);
}

}  // namespace
}  // namespace crm
