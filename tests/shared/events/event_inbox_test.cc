#include "shared/events/event_inbox.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/events/outbox.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

// Keeps in memory what it is told, and fails as it is told.
class MemoryApplier final : public Applier {
 public:
  absl::StatusOr<ConsumerState> Load(absl::string_view) override {
    return ConsumerState();
  }
  absl::Status Apply(const FeedStep& step,
                     absl::Span<const Event> events) override {
    batches.push_back(static_cast<int>(events.size()));
    EXPECT_EQ(events.front().seq(), step.from_seq + 1);
    EXPECT_EQ(events.back().seq(), step.to_seq);
    for (const Event& event : events) {
      if (absl::Status status = verdict(event); !status.ok()) return status;
    }
    for (const Event& event : events) applied.push_back(event.seq());
    return absl::OkStatus();
  }
  absl::Status Park(const FeedStep&, const Event& event,
                    const absl::Status& reason) override {
    parked.push_back(event.seq());
    reasons.push_back(ErrorReason(reason));
    return absl::OkStatus();
  }
  absl::Status Resync(absl::string_view, int64_t) override {
    return absl::OkStatus();
  }

  std::function<absl::Status(const Event&)> verdict = [](const Event&) {
    return absl::OkStatus();
  };
  std::vector<int64_t> applied;
  std::vector<int64_t> parked;
  std::vector<std::string> reasons;
  std::vector<int> batches;
};

class EventInboxTest : public ::testing::Test {
 protected:
  // One event a letter: its ordering key, upper case for one that is poison.
  static std::vector<Event> Events(const std::string& letters,
                                   int64_t first_seq = 1) {
    std::vector<Event> events;
    for (char letter : letters) {
      Event& event = events.emplace_back();
      event.set_tenant("acme");
      event.set_ordering_key(
          std::string(1, static_cast<char>(std::tolower(letter))));
      event.set_type(std::isupper(letter) ? "poison" : "fine");
      event.set_seq(first_seq++);
    }
    return events;
  }

  void RefusePoison() {
    applier_.verdict = [](const Event& event) {
      return event.type() == "poison" ? InvalidArgument("BAD_EVENT", "No.")
                                      : absl::OkStatus();
    };
  }

  MemoryApplier applier_;
  std::set<ParkedKey> parked_keys_;
  EventInbox inbox_{applier_,
                    parked_keys_,
                    {.producer = "operational", .partitions = 1},
                    /*position=*/0};
};

TEST_F(EventInboxTest, AppliesABatchAtOnce) {
  EXPECT_THAT(inbox_.Offer(Events("abc")), IsOk());

  EXPECT_THAT(applier_.batches, ElementsAre(3));
  EXPECT_EQ(inbox_.position(), 3);
}

TEST_F(EventInboxTest, SkipsWhatItHasSeen) {
  ASSERT_THAT(inbox_.Offer(Events("abc")), IsOk());

  EXPECT_THAT(inbox_.Offer(Events("bcd", 2)), IsOk());
  EXPECT_THAT(inbox_.Offer(Events("abcd")), IsOk());

  EXPECT_THAT(applier_.applied, ElementsAre(1, 2, 3, 4));
}

TEST_F(EventInboxTest, AGapIsNotSteppedOver) {
  ASSERT_THAT(inbox_.Offer(Events("ab")), IsOk());

  EXPECT_THAT(inbox_.Offer(Events("d", 4)),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_GAP"));

  EXPECT_EQ(inbox_.position(), 2);
}

TEST_F(EventInboxTest, AHoleInABatchAppliesNothing) {
  std::vector<Event> events = Events("abc");
  events.erase(events.begin() + 1);

  EXPECT_THAT(inbox_.Offer(events),
              StatusIs(absl::StatusCode::kDataLoss, "EVENT_MISPLACED"));

  EXPECT_THAT(applier_.applied, IsEmpty());
}

TEST_F(EventInboxTest, AnEventOfAnotherPartitionIsRefused) {
  const int own = PartitionOf("acme", "a", 16);
  EventInbox inbox(
      applier_, parked_keys_,
      {.producer = "operational", .partition = own, .partitions = 16}, 0);
  std::vector<Event> events = Events("a");
  events[0].set_partition(own);
  events[0].set_tenant("evil");

  EXPECT_THAT(inbox.Offer(events),
              StatusIs(absl::StatusCode::kDataLoss, "EVENT_MISPLACED"));
}

TEST_F(EventInboxTest, ABadMomentLeavesThePosition) {
  applier_.verdict = [](const Event&) {
    return Unavailable("NOT_NOW", "Later.");
  };
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(inbox_.Offer(Events("ab")),
                StatusIs(absl::StatusCode::kUnavailable, "NOT_NOW"));
  }
  EXPECT_EQ(inbox_.position(), 0);
  EXPECT_THAT(applier_.parked, IsEmpty());
}

TEST_F(EventInboxTest, PoisonIsParkedAtTheThirdTry) {
  RefusePoison();

  EXPECT_THAT(inbox_.Offer(Events("aBc")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_EVENT"));
  EXPECT_THAT(inbox_.Offer(Events("aBc")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_EVENT"));
  EXPECT_THAT(applier_.applied, ElementsAre(1));
  EXPECT_THAT(applier_.parked, IsEmpty());

  EXPECT_THAT(inbox_.Offer(Events("aBc")), IsOk());

  EXPECT_THAT(applier_.applied, ElementsAre(1, 3));
  EXPECT_THAT(applier_.parked, ElementsAre(2));
  EXPECT_EQ(inbox_.position(), 3);
  EXPECT_EQ(inbox_.parked_count(), 1);
}

TEST_F(EventInboxTest, LaterEventsOfTheKeyWaitBehindAndOthersFlow) {
  RefusePoison();
  while (!inbox_.Offer(Events("Babcb")).ok()) {
  }

  EXPECT_THAT(applier_.applied, ElementsAre(2, 4));
  EXPECT_THAT(applier_.parked, ElementsAre(1, 3, 5));
  EXPECT_THAT(applier_.reasons,
              ElementsAre("BAD_EVENT", "KEY_PARKED", "KEY_PARKED"));
}

TEST_F(EventInboxTest, KeysParkedBeforeTheStartStayParked) {
  parked_keys_.insert({"acme", "b"});

  EXPECT_THAT(inbox_.Offer(Events("abc")), IsOk());

  EXPECT_THAT(applier_.applied, ElementsAre(1, 3));
  EXPECT_THAT(applier_.parked, ElementsAre(2));
}

TEST_F(EventInboxTest, BatchesAreLargeAgainAfterPoison) {
  RefusePoison();
  while (!inbox_.Offer(Events("Abcde")).ok()) {
  }

  EXPECT_EQ(applier_.batches.back(), 4);
}

}  // namespace
}  // namespace crm
