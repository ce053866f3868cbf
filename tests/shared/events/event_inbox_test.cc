#include "shared/events/event_inbox.h"

#include <functional>
#include <map>
#include <optional>
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
    if (!compacted) {
      EXPECT_EQ(events.front().seq(), step.from_seq + 1);
    }
    EXPECT_EQ(events.back().seq(), step.to_seq);
    for (const Event& event : events) {
      if (absl::Status status = verdict(event); !status.ok()) return status;
    }
    for (const Event& event : events) applied.push_back(event.seq());
    return absl::OkStatus();
  }
  absl::Status Park(const FeedStep&, const Event& event,
                    const absl::Status& reason) override {
    if (ErrorReason(reason) == "KEY_PARKED" && !park_behind.ok()) {
      return park_behind;
    }
    parked.push_back(event.seq());
    reasons.push_back(ErrorReason(reason));
    return absl::OkStatus();
  }
  absl::Status Resync(absl::string_view, int64_t) override {
    return absl::OkStatus();
  }
  absl::StatusOr<int64_t> NoteAttempt(const FeedStep& step) override {
    noted.push_back(step.from_seq + 1);
    return ++attempts[step.from_seq + 1];
  }
  absl::Status ForgetAttempts(const FeedStep&) override {
    attempts.clear();
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view, const std::optional<ParkedPlace>&, int) override {
    return std::vector<ParkedEvent>();
  }
  absl::StatusOr<bool> ReplayParked(absl::string_view,
                                    const ParkedKey&) override {
    return false;
  }

  std::function<absl::Status(const Event&)> verdict = [](const Event&) {
    return absl::OkStatus();
  };
  std::vector<int64_t> applied;
  std::vector<int64_t> parked;
  std::vector<std::string> reasons;
  std::vector<int> batches;
  // Whether a batch may begin after a hole.
  bool compacted = false;
  // The events whose attempts were noted, and how often each was.
  std::vector<int64_t> noted;
  std::map<int64_t, int64_t> attempts;
  // What Park() returns for an event that only waits.
  absl::Status park_behind;
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

TEST_F(EventInboxTest, NotesTheFirstAttemptOfALifeOnly) {
  ASSERT_THAT(inbox_.Offer(Events("ab")), IsOk());
  ASSERT_THAT(inbox_.Offer(Events("cd", 3)), IsOk());

  EXPECT_THAT(applier_.noted, ElementsAre(1));
}

TEST_F(EventInboxTest, ACrashIsFollowedByASearchForTheEventThatCausedIt) {
  // A process that began at event 1 did not come back.
  applier_.attempts[1] = 1;

  ASSERT_THAT(inbox_.Offer(Events("abc")), IsOk());

  EXPECT_THAT(applier_.batches, ElementsAre(1, 1, 1));
  EXPECT_THAT(applier_.noted, ElementsAre(1, 2, 3));
}

TEST_F(EventInboxTest, TheThirdStartThatBeginsWithAnEventParksIt) {
  applier_.attempts[1] = 2;

  ASSERT_THAT(inbox_.Offer(Events("aab")), IsOk());

  EXPECT_THAT(applier_.parked, ElementsAre(1, 2));
  EXPECT_THAT(applier_.reasons,
              ElementsAre("EVENT_ENDS_PROCESS", "KEY_PARKED"));
  EXPECT_THAT(applier_.applied, ElementsAre(3));
}

TEST_F(EventInboxTest, AnEventInTheMiddleOfABatchIsFoundInTheEnd) {
  // Three lives of a process that event 2 ends.
  std::vector<int64_t> applied;
  int64_t position = 0;
  int lives = 0;
  const std::vector<Event> events = Events("abc");
  while (applied.size() < 2 && lives < 10) {
    ++lives;
    EventInbox inbox(applier_, parked_keys_,
                     {.producer = "operational", .partitions = 1}, position);
    bool ended = false;
    applier_.verdict = [&](const Event& event) {
      if (event.seq() != 2) return absl::OkStatus();
      // The process ends here: nothing that follows is done.
      ended = true;
      return Unavailable("ENDED", "The process has ended.");
    };
    const auto attempts = applier_.attempts;
    inbox
        .Offer(events.size() > static_cast<size_t>(position)
                   ? std::vector<Event>(events.begin() + position, events.end())
                   : std::vector<Event>())
        .IgnoreError();
    // An ended process forgets no attempt.
    if (ended) {
      for (const int64_t seq : applier_.noted) {
        applier_.attempts[seq] =
            std::max(applier_.attempts[seq],
                     (attempts.contains(seq) ? attempts.at(seq) : 0) + 1);
      }
      applier_.noted.clear();
    }
    position = inbox.position();
    applied = applier_.applied;
  }

  EXPECT_THAT(applier_.applied, ElementsAre(1, 3));
  EXPECT_THAT(applier_.parked, ElementsAre(2));
  EXPECT_LE(lives, 5);
}

TEST_F(EventInboxTest, AnErrorThatIsReturnedIsNoCrash) {
  int failures = 5;
  applier_.verdict = [&](const Event&) {
    return failures-- > 0 ? Unavailable("NOT_NOW", "Later.") : absl::OkStatus();
  };

  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(inbox_.Offer(Events("a")),
                StatusIs(absl::StatusCode::kUnavailable, "NOT_NOW"));
  }

  EXPECT_THAT(inbox_.Offer(Events("a")), IsOk());
  EXPECT_THAT(applier_.applied, ElementsAre(1));
}

TEST_F(EventInboxTest, AKeyThatWasReplayedElsewhereFlowsAgain) {
  RefusePoison();
  for (int i = 0; i < EventInbox::kMaxTries; ++i) {
    inbox_.Offer(Events("A")).IgnoreError();
  }
  ASSERT_THAT(applier_.parked, ElementsAre(1));
  applier_.park_behind = Aborted("KEY_NOT_PARKED", "Replayed.");

  EXPECT_THAT(inbox_.Offer(Events("a", 2)), IsOk());

  EXPECT_THAT(applier_.applied, ElementsAre(2));
  EXPECT_TRUE(parked_keys_.empty());
}

TEST_F(EventInboxTest, StandsStillWhenTooManyKeysAreParked) {
  for (int i = 0; i < EventInbox::kMaxParkedKeys; ++i) {
    parked_keys_.insert({"acme", "parked-" + std::to_string(i)});
  }
  RefusePoison();
  for (int i = 1; i < EventInbox::kMaxTries; ++i) {
    EXPECT_THAT(inbox_.Offer(Events("A")),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_EVENT"));
  }

  EXPECT_THAT(
      inbox_.Offer(Events("A")),
      StatusIs(absl::StatusCode::kResourceExhausted, "PARTITION_STOPPED"));
  EXPECT_EQ(inbox_.position(), 0);

  parked_keys_.erase(parked_keys_.begin());
  EXPECT_THAT(inbox_.Offer(Events("A")), IsOk());
  EXPECT_THAT(applier_.parked, ElementsAre(1));
}

TEST_F(EventInboxTest, ACompactedLogHasHolesAndMovesThePosition) {
  std::vector<Event> events = Events("abc");
  events.erase(events.begin() + 1);
  applier_.compacted = true;

  ASSERT_THAT(inbox_.OfferCompacted({events[1]}, 0), IsOk());
  EXPECT_EQ(inbox_.position(), 3);

  // Events that are behind the position by now change nothing.
  ASSERT_THAT(inbox_.OfferCompacted(events, 0), IsOk());
  EXPECT_THAT(applier_.applied, ElementsAre(3));
}

}  // namespace
}  // namespace crm
