#include "shared/events/consumer_registry.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::AcknowledgeFeedRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kPatience;
using testing::ProducerStore;
using testing::StatusIs;

constexpr int kPartitions = 3;

class ConsumerRegistryTest : public ::testing::Test {
 protected:
  absl::Status Write(const Database::WriteBody& body) {
    return store_.database().WriteAndWait(SystemClock().Now() + kPatience,
                                          body);
  }

  // Reports `seqs`, by partition, in epoch `epoch`.
  absl::Status Report(const std::string& consumer, int64_t epoch,
                      const std::vector<int64_t>& seqs) {
    AcknowledgeFeedRequest request;
    request.set_consumer(consumer);
    request.set_feed_epoch(epoch);
    for (size_t i = 0; i < seqs.size(); ++i) {
      auto* position = request.add_positions();
      position->set_partition(static_cast<int>(i));
      position->set_seq(seqs[i]);
    }
    return Write([&](SqlWriter& writer) {
      return RecordPositions(writer, request, kPartitions, now_);
    });
  }

  std::vector<int64_t> Consumed(int64_t epoch) {
    std::vector<int64_t> seqs;
    EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                  CRM_ASSIGN_OR_RETURN(
                      seqs, ConsumedSeqs(writer, epoch, {100, 100, 100}));
                  return absl::OkStatus();
                }),
                IsOk());
    return seqs;
  }

  std::vector<std::string> Expel(absl::Time before) {
    std::vector<std::string> names;
    EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                  CRM_ASSIGN_OR_RETURN(names, ExpelConsumers(writer, before));
                  return absl::OkStatus();
                }),
                IsOk());
    return names;
  }

  ProducerStore store_{kPartitions};
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(ConsumerRegistryTest, NobodyRegisteredHoldsNothingBack) {
  EXPECT_THAT(Consumed(1), ElementsAre(100, 100, 100));
}

TEST_F(ConsumerRegistryTest, TheSlowestConsumerCounts) {
  ASSERT_THAT(Report("fast", 1, {90, 20, 100}), IsOk());
  ASSERT_THAT(Report("slow", 1, {10, 50}), IsOk());

  EXPECT_THAT(Consumed(1), ElementsAre(10, 20, 0));
}

TEST_F(ConsumerRegistryTest, APositionNeverGoesBackWithinAnEpoch) {
  ASSERT_THAT(Report("a", 1, {50, 50, 50}), IsOk());
  ASSERT_THAT(Report("a", 1, {40, 60, 50}), IsOk());

  EXPECT_THAT(Consumed(1), ElementsAre(50, 60, 50));
}

TEST_F(ConsumerRegistryTest, AnEarlierEpochHasAppliedNothingOfThisOne) {
  ASSERT_THAT(Report("a", 1, {50, 50, 50}), IsOk());
  EXPECT_THAT(Consumed(2), ElementsAre(0, 0, 0));

  ASSERT_THAT(Report("a", 2, {5, 5, 5}), IsOk());
  EXPECT_THAT(Consumed(2), ElementsAre(5, 5, 5));

  // A late report of the old epoch changes nothing.
  ASSERT_THAT(Report("a", 1, {70, 70, 70}), IsOk());
  EXPECT_THAT(Consumed(2), ElementsAre(5, 5, 5));
}

TEST_F(ConsumerRegistryTest, ExpelsTheSilentAndKeepsThoseWhoReport) {
  ASSERT_THAT(Report("silent", 1, {1, 1, 1}), IsOk());
  ASSERT_THAT(Report("alive", 1, {9, 9, 9}), IsOk());
  now_ += kConsumerSilence + absl::Seconds(1);
  ASSERT_THAT(Report("alive", 1, {}), IsOk());

  EXPECT_THAT(Expel(now_ - kConsumerSilence), ElementsAre("silent"));

  EXPECT_THAT(Expel(now_ - kConsumerSilence), IsEmpty());
  EXPECT_THAT(Consumed(1), ElementsAre(9, 9, 9));
}

TEST_F(ConsumerRegistryTest, RefusesWhatCannotBe) {
  AcknowledgeFeedRequest request;
  request.add_positions()->set_partition(kPartitions);
  request.add_positions()->set_seq(-1);

  const absl::Status status = Write([&](SqlWriter& writer) {
    return RecordPositions(writer, request, kPartitions, now_);
  });

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Report(std::string(129, 'x'), 1, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Report("a", 1, {1, 2, 3, 4}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ConsumerRegistryTest, TakesSoManyConsumersAndNoMore) {
  for (int i = 0; i < kMaxFeedConsumers; ++i) {
    ASSERT_THAT(Report(absl::StrCat("c", i), 1, {}), IsOk());
  }

  EXPECT_THAT(
      Report("one more", 1, {}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_CONSUMERS"));
  EXPECT_THAT(Report("c0", 1, {}), IsOk());
}

}  // namespace
}  // namespace crm
