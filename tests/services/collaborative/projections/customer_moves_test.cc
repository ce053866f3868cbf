#include "services/collaborative/projections/customer_moves.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/message.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "crm/profile/v1/engagement_slice.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/collaborative/slices/slices.h"
#include "shared/base/status_macros.h"
#include "tests/services/collaborative/event_feeder.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::internal::v1::Event;
using ::crm::operational::v1::MergeOperation;
using ::crm::profile::v1::EngagementSlice;
using ::crm::testing::EventFeeder;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::SizeIs;

class CustomerMovesTest : public ::testing::Test {
 protected:
  // Makes `conversations/ID` of the customer, with a message.
  void Converse(const std::string& id, const std::string& customer) {
    feeder_.service().Must<v1::Conversation, v1::CreateConversationRequest>(
        "CreateConversation",
        absl::StrCat("conversation_id: '", id, "' conversation { customer: '",
                     customer, "' }"));
    Say(id, "first");
  }

  void Say(const std::string& id, const std::string& message) {
    feeder_.service().Must<v1::Message, v1::CreateMessageRequest>(
        "CreateMessage",
        absl::StrCat("parent: 'conversations/", id, "' message_id: '", message,
                     "' message { channel: EMAIL direction: INBOUND body: 'Hi'"
                     " }"));
  }

  // Returns the event by which the merge of `merged` into `survivor` was
  // applied at `time`, or undone.
  Event Merge(const std::string& id, const std::string& survivor,
              const std::string& merged, int64_t time, bool undone = false) {
    MergeOperation operation;
    operation.set_name(absl::StrCat("mergeOperations/", id));
    operation.set_survivor(survivor);
    operation.add_merged(merged);
    operation.set_state(undone ? MergeOperation::UNDONE
                               : MergeOperation::APPLIED);
    operation.mutable_apply_time()->set_seconds(time);
    if (undone) operation.mutable_undo_time()->set_seconds(time + 1000);
    return feeder_.EventOf("MergeOperation", operation, "updated");
  }

  std::string CustomerOf(const std::string& conversation) {
    return feeder_.service()
        .Must<v1::Conversation, v1::GetConversationRequest>(
            "GetConversation",
            absl::StrCat("name: 'conversations/", conversation, "'"))
        .customer();
  }

  std::string CustomerOfMessage(const std::string& name) {
    return feeder_.service()
        .Must<v1::Message, v1::GetMessageRequest>(
            "GetMessage", absl::StrCat("name: '", name, "'"))
        .customer();
  }

  EngagementSlice SliceOf(const std::string& customer) {
    EngagementSlice slice;
    EXPECT_THAT(feeder_.service().database().Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      const ReadView view(
                          reader, feeder_.service().kernel().catalog, "acme");
                      CRM_ASSIGN_OR_RETURN(
                          const auto bytes,
                          BuildEngagementSlice(view, customer));
                      slice.ParseFromString(*bytes);
                      return absl::OkStatus();
                    }),
                IsOk());
    return slice;
  }

  EventFeeder feeder_;
};

TEST_F(CustomerMovesTest, A41_ConversationsFollowAMergeAndItsUndo) {
  Converse("bobs", "customers/bob");
  Converse("adas", "customers/ada");

  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100)}),
      IsOk());

  EXPECT_EQ(CustomerOf("bobs"), "customers/ada");
  EXPECT_EQ(CustomerOfMessage("conversations/bobs/messages/first"),
            "customers/ada");
  EXPECT_EQ(SliceOf("customers/ada").message_count(), 2);
  EXPECT_EQ(SliceOf("customers/bob").conversation_count(), 0);

  Say("bobs", "later");
  Converse("new", "customers/ada");
  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100, true)}),
      IsOk());

  EXPECT_EQ(CustomerOf("bobs"), "customers/bob");
  EXPECT_EQ(CustomerOfMessage("conversations/bobs/messages/later"),
            "customers/bob");
  EXPECT_EQ(CustomerOf("adas"), "customers/ada");
  EXPECT_EQ(CustomerOf("new"), "customers/ada");
  EXPECT_EQ(SliceOf("customers/ada").message_count(), 2);
  EXPECT_EQ(SliceOf("customers/bob").message_count(), 2);
}

TEST_F(CustomerMovesTest, DeletedConversationsFollowToo) {
  Converse("gone", "customers/bob");
  feeder_.service().Must<v1::Conversation, v1::DeleteConversationRequest>(
      "DeleteConversation", "name: 'conversations/gone'");

  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100)}),
      IsOk());

  EXPECT_EQ(CustomerOf("gone"), "customers/ada");
}

TEST_F(CustomerMovesTest, AConversationOfAMergedCustomerIsTheSurvivors) {
  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100)}),
      IsOk());

  Converse("late", "customers/bob");

  EXPECT_EQ(CustomerOf("late"), "customers/ada");
  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100, true)}),
      IsOk());
  EXPECT_EQ(CustomerOf("late"), "customers/bob");
}

// Merges of different survivors come in any order.
TEST_F(CustomerMovesTest, WhatIsMergedTwiceEndsWithTheLastInAnyOrder) {
  for (const bool turned : {false, true}) {
    const std::string x = absl::StrCat("customers/x", turned);
    const std::string s = absl::StrCat("customers/s", turned);
    const std::string t = absl::StrCat("customers/t", turned);
    const std::string id = absl::StrCat("c", turned);
    Converse(id, x);
    Event first = Merge(absl::StrCat("a", turned), s, x, 100);
    Event second = Merge(absl::StrCat("b", turned), t, s, 200);
    if (turned) std::swap(first, second);

    ASSERT_THAT(feeder_.Apply({first}), IsOk());
    ASSERT_THAT(feeder_.Apply({second}), IsOk());
    EXPECT_EQ(CustomerOf(id), t);
    ASSERT_THAT(
        feeder_.Apply({Merge(absl::StrCat("b", turned), t, s, 200, true)}),
        IsOk());
    EXPECT_EQ(CustomerOf(id), s);
    ASSERT_THAT(
        feeder_.Apply({Merge(absl::StrCat("a", turned), s, x, 100, true)}),
        IsOk());
    EXPECT_EQ(CustomerOf(id), x);
  }
}

// The undo of one merge and the next merge of the same customer have different
// survivors, and so come in any order too.
TEST_F(CustomerMovesTest, ANewMergeMayComeBeforeTheUndoOfTheOld) {
  Converse("talk", "customers/x");
  ASSERT_THAT(feeder_.Apply({Merge("a", "customers/s", "customers/x", 100)}),
              IsOk());
  ASSERT_THAT(feeder_.Apply({Merge("b", "customers/t", "customers/x", 200)}),
              IsOk());
  EXPECT_EQ(CustomerOf("talk"), "customers/t");

  ASSERT_THAT(
      feeder_.Apply({Merge("a", "customers/s", "customers/x", 100, true)}),
      IsOk());

  EXPECT_EQ(CustomerOf("talk"), "customers/t");
}

TEST_F(CustomerMovesTest, AMergeTheOtherWayMayComeBeforeTheUndo) {
  Converse("of-x", "customers/x");
  Converse("of-s", "customers/s");
  ASSERT_THAT(feeder_.Apply({Merge("a", "customers/s", "customers/x", 100)}),
              IsOk());
  ASSERT_THAT(feeder_.Apply({Merge("b", "customers/x", "customers/s", 200)}),
              IsOk());
  ASSERT_THAT(
      feeder_.Apply({Merge("a", "customers/s", "customers/x", 100, true)}),
      IsOk());

  EXPECT_EQ(CustomerOf("of-x"), "customers/x");
  EXPECT_EQ(CustomerOf("of-s"), "customers/x");
}

TEST_F(CustomerMovesTest, AReplayFromTheBeginningChangesNothing) {
  Converse("bobs", "customers/bob");
  const Event merge = Merge("m", "customers/ada", "customers/bob", 100);
  ASSERT_THAT(feeder_.Apply({merge}), IsOk());
  const int64_t events = feeder_.service().EventsOf("conversations/bobs");

  ASSERT_THAT(feeder_.Restart(), IsOk());
  ASSERT_THAT(feeder_.Apply({merge, merge, merge}), IsOk());
  feeder_.service().Advance(absl::Minutes(11));

  EXPECT_EQ(CustomerOf("bobs"), "customers/ada");
  EXPECT_EQ(feeder_.service().EventsOf("conversations/bobs"), events);
}

TEST_F(CustomerMovesTest, WhatARestoredProducerNeverMergedGoesBack) {
  Converse("bobs", "customers/bob");
  ASSERT_THAT(
      feeder_.Apply({Merge("m", "customers/ada", "customers/bob", 100)}),
      IsOk());

  ASSERT_THAT(feeder_.Restart(), IsOk());
  feeder_.service().Advance(absl::Minutes(11));

  EXPECT_EQ(CustomerOf("bobs"), "customers/bob");
}

TEST_F(CustomerMovesTest, ManyAreMovedInSeveralTransactions) {
  const int count = 2 * kMovesAtOnce + 7;
  for (int i = 0; i < count; ++i) Converse(absl::StrCat("c", i), "customers/b");
  Converse("talk", "customers/c");
  for (int i = 0; i < kMovesAtOnce + 7; ++i) Say("talk", absl::StrCat("m", i));

  ASSERT_THAT(feeder_.Apply({Merge("m", "customers/a", "customers/b", 100),
                             Merge("n", "customers/d", "customers/c", 100)}),
              IsOk());
  EXPECT_LT(SliceOf("customers/a").conversation_count(), count);
  feeder_.service().Advance(absl::ZeroDuration());

  EXPECT_EQ(SliceOf("customers/a").conversation_count(), count);
  EXPECT_EQ(SliceOf("customers/a").message_count(), count);
  EXPECT_EQ(SliceOf("customers/b").conversation_count(), 0);
  EXPECT_EQ(SliceOf("customers/d").message_count(), kMovesAtOnce + 8);
}

TEST_F(CustomerMovesTest, APreviewMovesNothing) {
  Converse("bobs", "customers/bob");
  Event preview = Merge("m", "customers/ada", "customers/bob", 100);
  MergeOperation operation;
  operation.ParseFromString(preview.after());
  operation.clear_apply_time();
  preview.set_after(operation.SerializeAsString());

  ASSERT_THAT(feeder_.Apply({preview}), IsOk());

  EXPECT_EQ(CustomerOf("bobs"), "customers/bob");
}

TEST_F(CustomerMovesTest, AStepIsAppliedOnceWithItsPosition) {
  Converse("bobs", "customers/bob");
  const FeedStep step = feeder_.Step(1);
  const Event merge = Merge("m", "customers/ada", "customers/bob", 100);
  ASSERT_THAT(feeder_.Apply({merge}), IsOk());

  EXPECT_THAT(
      feeder_.applier().Apply(
          step, {Merge("m", "customers/ada", "customers/bob", 100, true)}),
      StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));

  EXPECT_EQ(CustomerOf("bobs"), "customers/ada");
}

TEST_F(CustomerMovesTest, AnEventThatHoldsNoMergeIsParkedAndReplayed) {
  Converse("bobs", "customers/bob");
  Event event = Merge("m", "customers/ada", "customers/bob", 100);
  event.set_seq(1);
  Event damaged = event;
  damaged.set_after("not a merge operation");
  const absl::Status status = feeder_.Apply({damaged});
  ASSERT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));

  ASSERT_THAT(feeder_.applier().Park(feeder_.Step(1), event, status), IsOk());
  const auto parked = feeder_.applier().ListParked("acme", std::nullopt, 10);
  ASSERT_THAT(parked, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(parked->front().place.producer, "operational");
  EXPECT_THAT(feeder_.applier().ListParked("acme", parked->front().place, 10),
              IsOkAndHolds(SizeIs(0)));
  EXPECT_EQ(CustomerOf("bobs"), "customers/bob");

  EXPECT_THAT(feeder_.applier().ReplayParked("operational",
                                             {"acme", event.ordering_key()}),
              IsOkAndHolds(true));
  EXPECT_EQ(CustomerOf("bobs"), "customers/ada");
}

TEST_F(CustomerMovesTest, TheEventsThatFollowNameTheirCause) {
  Converse("bobs", "customers/bob");
  const Event merge = Merge("m", "customers/ada", "customers/bob", 100);
  ASSERT_THAT(feeder_.Apply({merge}), IsOk());

  std::vector<std::string> causes;
  ASSERT_THAT(
      feeder_.service().database().Read(
          absl::InfiniteFuture(),
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const SqlRows rows,
                reader.Query("SELECT payload FROM outbox WHERE resource = ?",
                             {std::string("conversations/bobs")}));
            for (const SqlRow& row : rows) {
              Event event;
              event.ParseFromString(std::get<SqlBlob>(row[0]).bytes);
              causes.push_back(event.cause_event_id());
            }
            return absl::OkStatus();
          }),
      IsOk());
  EXPECT_THAT(causes, ::testing::Contains(merge.id()));
}

}  // namespace
}  // namespace crm::collaborative
