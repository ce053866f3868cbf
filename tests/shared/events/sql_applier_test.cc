#include "shared/events/sql_applier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/storage/lease_keeper.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using testing::EffectStore;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

Event MakeEvent(int64_t seq, const std::string& type = "lead.created") {
  Event event;
  event.set_id("e");
  event.set_tenant("acme");
  event.set_type(type);
  event.set_ordering_key("customers/a");
  event.set_key_version(seq);
  event.set_seq(seq);
  return event;
}

FeedStep Step(int64_t from, int64_t to, int64_t epoch = 1) {
  return {.producer = "operational",
          .partition = 2,
          .feed_epoch = epoch,
          .from_seq = from,
          .to_seq = to};
}

class SqlApplierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(applier_.Resync("operational", 1), IsOk());
  }

  ConsumerState State() {
    auto state = applier_.Load("operational");
    EXPECT_THAT(state, IsOk());
    return *std::move(state);
  }

  EffectStore store_;
  Applier& applier_ = store_.applier();
};

TEST_F(SqlApplierTest, MovesThePositionWithTheEffect) {
  ASSERT_THAT(applier_.Apply(Step(0, 2), {MakeEvent(1), MakeEvent(2)}), IsOk());
  ASSERT_THAT(applier_.Apply(Step(2, 3), {MakeEvent(3)}), IsOk());

  EXPECT_EQ(store_.EffectCount(), 3);
  EXPECT_EQ(State().feed_epoch, 1);
  EXPECT_THAT(State().positions, ElementsAre(0, 0, 3));
}

TEST_F(SqlApplierTest, F27_AStepFromElsewhereHasNoEffect) {
  ASSERT_THAT(applier_.Apply(Step(0, 1), {MakeEvent(1)}), IsOk());

  for (const FeedStep& step : {Step(0, 1), Step(2, 3), Step(1, 2, 2)}) {
    EXPECT_THAT(applier_.Apply(step, {MakeEvent(2)}),
                StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));
  }

  EXPECT_EQ(store_.EffectCount(), 1);
}

TEST_F(SqlApplierTest, AFailingEventLeavesThePosition) {
  EXPECT_THAT(
      applier_.Apply(Step(0, 2), {MakeEvent(1), MakeEvent(2, "poison")}),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_EVENT"));

  EXPECT_EQ(store_.EffectCount(), 0);
  EXPECT_THAT(State().positions, IsEmpty());
}

TEST_F(SqlApplierTest, ParksWithThePosition) {
  ASSERT_THAT(applier_.Park(Step(0, 1), MakeEvent(1, "poison"),
                            InvalidArgument("BAD_EVENT", "No.")),
              IsOk());

  EXPECT_THAT(State().positions, ElementsAre(0, 0, 1));
  EXPECT_THAT(State().parked_keys,
              ElementsAre(ParkedKey{"acme", "customers/a"}));
  EXPECT_EQ(State().parked_count, 1);
}

TEST_F(SqlApplierTest, ResyncForgetsOneProducer) {
  ASSERT_THAT(applier_.Apply(Step(0, 1), {MakeEvent(1)}), IsOk());
  ASSERT_THAT(applier_.Park(Step(1, 2), MakeEvent(2, "poison"),
                            InvalidArgument("BAD_EVENT", "No.")),
              IsOk());
  ASSERT_THAT(applier_.Resync("analytical", 4), IsOk());

  ASSERT_THAT(applier_.Resync("operational", 2), IsOk());

  EXPECT_EQ(store_.EffectCount(), 0);
  EXPECT_EQ(State().feed_epoch, 2);
  EXPECT_THAT(State().positions, IsEmpty());
  EXPECT_THAT(State().parked_keys, IsEmpty());
  EXPECT_EQ(applier_.Load("analytical")->feed_epoch, 4);
}

TEST_F(SqlApplierTest, ASecondResyncToAnEpochKeepsWhatWasApplied) {
  ASSERT_THAT(applier_.Resync("operational", 2), IsOk());
  ASSERT_THAT(applier_.Apply(Step(0, 1, 2), {MakeEvent(1)}), IsOk());

  for (const int64_t epoch : {2, 1}) {
    ASSERT_THAT(applier_.Resync("operational", epoch), IsOk());
  }

  EXPECT_EQ(store_.EffectCount(), 1);
  EXPECT_EQ(State().feed_epoch, 2);
  EXPECT_THAT(State().positions, ElementsAre(0, 0, 1));
}

TEST_F(SqlApplierTest, F27_AConsumerWhoseLeaseWasTakenAppliesNothing) {
  const SystemClock clock;
  LeaseKeeper::Options options{
      .pool = "consume", .names = {"2"}, .holder = "paused"};
  LeaseKeeper paused(store_.database(), clock, options);
  paused.Tick();
  // Another takes over while this one believes that it leads.
  options.holder = "successor";
  options.takes_over = true;
  LeaseKeeper successor(store_.database(), clock, options);
  successor.Tick();
  FeedStep step = Step(0, 1);

  step.lease = *paused.Find("2");
  EXPECT_THAT(applier_.Apply(step, {MakeEvent(1)}),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  EXPECT_THAT(applier_.Park(step, MakeEvent(1), absl::InternalError("why")),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  EXPECT_EQ(store_.EffectCount(), 0);
  EXPECT_EQ(store_.ParkedCount(), 0);

  step.lease = *successor.Find("2");
  EXPECT_THAT(applier_.Apply(step, {MakeEvent(1)}), IsOk());
  EXPECT_EQ(store_.EffectCount(), 1);
}

TEST_F(SqlApplierTest, NotesAttemptsUntilTheyAreForgotten) {
  EXPECT_THAT(applier_.NoteAttempt(Step(4, 5)), IsOkAndHolds(1));
  EXPECT_THAT(applier_.NoteAttempt(Step(4, 5)), IsOkAndHolds(2));
  EXPECT_THAT(applier_.NoteAttempt(Step(5, 6)), IsOkAndHolds(1));
  EXPECT_THAT(applier_.NoteAttempt(Step(5, 6)), IsOkAndHolds(2));

  ASSERT_THAT(applier_.ForgetAttempts(Step(5, 6)), IsOk());

  EXPECT_THAT(applier_.NoteAttempt(Step(5, 6)), IsOkAndHolds(1));
}

}  // namespace
}  // namespace crm
