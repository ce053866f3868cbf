#include "services/analytical/projections/warehouse_applier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::IsOkAndHolds;
using crm::testing::StatusIs;
using internal::v1::Event;
using operational::v1::Order;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::WarehouseFeeder;

constexpr char kOrders[] =
    "SELECT tenant, name, customer, state, CAST(amount AS TEXT) FROM orders "
    "ORDER BY tenant, name";
constexpr char kRevenue[] =
    "SELECT CAST(SUM(amount) AS TEXT) FROM orders WHERE state = 'CONFIRMED'";

class WarehouseApplierTest : public ::testing::Test {
 protected:
  ConsumerState State() {
    auto state = feeder_.applier().Load("operational");
    EXPECT_THAT(state, IsOk());
    return *std::move(state);
  }

  WarehouseFeeder feeder_;
  const Order order_ = WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5);
};

TEST_F(WarehouseApplierTest, StartsEmpty) {
  const ConsumerState state = State();

  EXPECT_EQ(state.feed_epoch, 0);
  EXPECT_THAT(state.positions, IsEmpty());
  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
}

TEST_F(WarehouseApplierTest, StoresOrdersLinesKeysAndThePosition) {
  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "created")}), IsOk());

  EXPECT_THAT(feeder_.Query(kOrders),
              ElementsAre(SqlRow{"acme", "orders/a", "customers/ada",
                                 "CONFIRMED", "5.000000000"}));
  EXPECT_THAT(
      feeder_.Query(
          "SELECT order_name, line_id, product, quantity, CAST(amount AS TEXT) "
          "FROM order_lines"),
      ElementsAre(
          SqlRow{"orders/a", "1", "products/p", int64_t{1}, "5.000000000"}));
  EXPECT_THAT(
      feeder_.Query("SELECT ordering_key, key_version FROM applied_keys"),
      ElementsAre(SqlRow{"customers/ada", int64_t{1}}));
  EXPECT_EQ(State().feed_epoch, 1);
  EXPECT_THAT(State().positions, ElementsAre(1));
}

TEST_F(WarehouseApplierTest, KeepsEverythingOverARestart) {
  feeder_.Add(order_);

  feeder_.Reopen();

  EXPECT_THAT(State().positions, ElementsAre(1));
  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));
}

TEST_F(WarehouseApplierTest, KeepsAmountsExact) {
  Order order = order_;
  order.mutable_total()->set_units(9'223'372'036'854'775'807);
  order.mutable_total()->set_nanos(999'999'999);
  feeder_.Add(order);
  order.set_name("orders/b");
  order.mutable_total()->set_units(0);
  order.mutable_total()->set_nanos(1);
  feeder_.Add(order);

  EXPECT_THAT(feeder_.Query(kRevenue),
              ElementsAre(SqlRow{"9223372036854775808.000000000"}));
}

TEST_F(WarehouseApplierTest, AppliesAStepOnce) {
  const Event event = feeder_.MakeEvent(order_, "created");
  const FeedStep step{.producer = "operational",
                      .partition = 0,
                      .feed_epoch = 1,
                      .from_seq = 0,
                      .to_seq = 1};
  ASSERT_THAT(feeder_.applier().Apply(step, {event}), IsOk());

  EXPECT_THAT(feeder_.applier().Apply(step, {event}),
              StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));

  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));
  EXPECT_THAT(State().positions, ElementsAre(1));
}

// An order that a merge gave another customer: its events then come in another
// partition, so in any order with those before.
class MovedOrderTest : public WarehouseApplierTest {
 protected:
  MovedOrderTest() {
    first_.set_uid("u1");
    moved_ = first_;
    moved_.set_customer("customers/eve");
    created_ = feeder_.MakeEvent(first_, "created");
    created_.set_resource_version(1);
    move_ = feeder_.MakeEvent(moved_, "updated");
    move_.set_resource_version(2);
    move_.add_changed_fields("customer");
  }

  std::string Holder() {
    const SqlRows rows = feeder_.Query("SELECT customer FROM orders");
    return rows.size() == 1 ? std::get<std::string>(rows[0][0]) : "";
  }

  Order first_ = order_;
  Order moved_;
  Event created_;
  Event move_;
};

TEST_F(MovedOrderTest, IsTheNewCustomersWhicheverPartitionIsAhead) {
  ASSERT_THAT(feeder_.Apply({move_}), IsOk());
  ASSERT_THAT(feeder_.Apply({created_}), IsOk());
  EXPECT_EQ(Holder(), "customers/eve");
  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));

  // And back, by the undoing of the merge.
  Event undo = feeder_.MakeEvent(first_, "updated");
  undo.set_resource_version(3);
  undo.add_changed_fields("customer");
  ASSERT_THAT(feeder_.Apply({undo}), IsOk());
  ASSERT_THAT(feeder_.Apply({move_}), IsOk());
  EXPECT_EQ(Holder(), "customers/ada");
  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));
}

TEST_F(MovedOrderTest, StaysAsItWasChangedAfterTheMove) {
  Event later = feeder_.MakeEvent(moved_, "updated");
  later.set_resource_version(3);
  ASSERT_THAT(feeder_.Apply({move_, later}), IsOk());
  moved_.set_state(Order::CANCELLED);
  Event last = feeder_.MakeEvent(moved_, "updated");
  last.set_resource_version(4);
  ASSERT_THAT(feeder_.Apply({last}), IsOk());

  ASSERT_THAT(feeder_.Apply({created_}), IsOk());

  EXPECT_THAT(feeder_.Query("SELECT state FROM orders"),
              ElementsAre(SqlRow{"CANCELLED"}));
  // The key has come on nevertheless: who waits for it is answered.
  EXPECT_THAT(feeder_.Query("SELECT key_version FROM applied_keys WHERE "
                            "ordering_key = 'customers/ada'"),
              ElementsAre(SqlRow{int64_t{1}}));
}

TEST_F(MovedOrderTest, DoesNotComeBackAfterItWasDeleted) {
  ASSERT_THAT(feeder_.Apply({move_}), IsOk());
  *moved_.mutable_delete_time() = ToTimestamp(feeder_.clock().Now());
  Event gone = feeder_.MakeEvent(moved_, "deleted");
  gone.set_resource_version(3);
  ASSERT_THAT(feeder_.Apply({gone}), IsOk());

  ASSERT_THAT(feeder_.Apply({created_}), IsOk());
  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());

  // Another order may have the name later.
  feeder_.clock().Advance(absl::Seconds(1));
  Order other = first_;
  other.set_uid("u2");
  Event made = feeder_.MakeEvent(other, "created");
  made.set_resource_version(1);
  ASSERT_THAT(feeder_.Apply({made}), IsOk());
  EXPECT_EQ(Holder(), "customers/ada");
}

TEST_F(WarehouseApplierTest, CountsTheEventsThatItApplied) {
  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "created"),
                             feeder_.MakeEvent(order_, "updated")}),
              IsOk());
  Event garbage = feeder_.MakeEvent(order_, "created");
  garbage.set_after("\xFF");
  EXPECT_EQ(feeder_.Apply({garbage}).code(),
            absl::StatusCode::kInvalidArgument);

  EXPECT_EQ(feeder_.applied_count(), 2);
}

TEST_F(WarehouseApplierTest, RefusesAStepThatLeavesAHole) {
  feeder_.Add(order_);
  const FeedStep step{.producer = "operational",
                      .partition = 0,
                      .feed_epoch = 1,
                      .from_seq = 5,
                      .to_seq = 6};

  EXPECT_THAT(
      feeder_.applier().Apply(step, {feeder_.MakeEvent(order_, "updated")}),
      StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));
}

TEST_F(WarehouseApplierTest, ReplacesAnOrderThatWasUpdated) {
  feeder_.Add(order_);
  Order order = order_;
  order.mutable_total()->set_units(7);
  order.mutable_lines(0)->mutable_amount()->set_units(7);

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order, "updated")}), IsOk());

  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"7.000000000"}));
  EXPECT_THAT(
      feeder_.Query("SELECT CAST(SUM(amount) AS TEXT) FROM order_lines"),
      ElementsAre(SqlRow{"7.000000000"}));
}

TEST_F(WarehouseApplierTest, WritesTheLastOfSeveralEventsOfAStep) {
  Order draft = order_;
  draft.set_state(Order::DRAFT);

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(draft, "created"),
                             feeder_.MakeEvent(order_, "updated")}),
              IsOk());

  EXPECT_THAT(feeder_.Query(kOrders),
              ElementsAre(SqlRow{"acme", "orders/a", "customers/ada",
                                 "CONFIRMED", "5.000000000"}));
  EXPECT_THAT(feeder_.Query("SELECT key_version FROM applied_keys"),
              ElementsAre(SqlRow{int64_t{2}}));
}

TEST_F(WarehouseApplierTest, TakesCancelledOrdersOutOfTheRevenue) {
  feeder_.Add(order_);
  Order order = order_;
  order.set_state(Order::CANCELLED);

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order, "updated")}), IsOk());

  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{std::monostate()}));
}

TEST_F(WarehouseApplierTest, RemovesDeletedOrdersAndTakesThemBack) {
  feeder_.Add(order_);
  Order deleted = order_;
  deleted.mutable_delete_time()->set_seconds(1);

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(deleted, "deleted")}), IsOk());
  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
  EXPECT_THAT(feeder_.Query("SELECT 1 FROM order_lines"), IsEmpty());

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "undeleted")}), IsOk());
  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));
}

TEST_F(WarehouseApplierTest, RemovesOrdersThatAreGoneForGood) {
  feeder_.Add(order_);
  Event event = feeder_.MakeEvent(order_, "deleted");
  event.clear_after();

  ASSERT_THAT(feeder_.Apply({event}), IsOk());

  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
}

TEST_F(WarehouseApplierTest, KeepsTenantsApart) {
  feeder_.Add(order_);
  Order other = order_;
  other.mutable_total()->set_units(1);
  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(other, "created", "zeta")}),
              IsOk());

  ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "deleted")}), IsOk());

  EXPECT_THAT(feeder_.Query(kOrders),
              ElementsAre(SqlRow{"zeta", "orders/a", "customers/ada",
                                 "CONFIRMED", "1.000000000"}));
}

TEST_F(WarehouseApplierTest, WritesManyOrdersOfOneStep) {
  std::vector<Event> events;
  for (int i = 0; i < 200; ++i) {
    events.push_back(feeder_.MakeEvent(
        WarehouseFeeder::MakeOrder(std::to_string(i), std::to_string(i % 70),
                                   "2020-01-01", 1),
        "created"));
  }
  ASSERT_THAT(feeder_.Apply(events), IsOk());
  for (Event& event : events) event.set_type("order.updated");
  ASSERT_THAT(feeder_.Apply(events), IsOk());

  EXPECT_THAT(
      feeder_.Query("SELECT COUNT(*), CAST(SUM(amount) AS TEXT) FROM orders"),
      ElementsAre(SqlRow{int64_t{200}, "200.000000000"}));
  EXPECT_THAT(feeder_.Query("SELECT COUNT(*) FROM applied_keys"),
              ElementsAre(SqlRow{int64_t{70}}));
}

TEST_F(WarehouseApplierTest, OnlyMovesTheKeyForOtherEvents) {
  Event lead = feeder_.MakeEvent(order_, "created");
  lead.set_resource_type("crm/Lead");
  lead.set_type("lead.created");
  lead.set_after("\xFF");
  Event unknown = feeder_.MakeEvent(order_, "archived");
  unknown.set_ignorable(true);

  ASSERT_THAT(feeder_.Apply({lead, unknown}), IsOk());

  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
  EXPECT_THAT(feeder_.Query("SELECT key_version FROM applied_keys"),
              ElementsAre(SqlRow{int64_t{2}}));
}

TEST_F(WarehouseApplierTest, RefusesEventsThatItCannotRead) {
  Event garbage = feeder_.MakeEvent(order_, "created");
  garbage.set_after("\xFF\xFF");
  Event encrypted = feeder_.MakeEvent(order_, "created");
  encrypted.set_key_id("k1");
  Event other = feeder_.MakeEvent(order_, "created");
  other.set_resource("orders/b");
  Order mixed_order = order_;
  mixed_order.mutable_lines(0)->mutable_amount()->set_currency_code("EUR");
  const Event mixed = feeder_.MakeEvent(mixed_order, "created");

  for (const Event& event : {garbage, encrypted, other, mixed}) {
    EXPECT_THAT(
        feeder_.Apply({event}),
        StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));
  }
  EXPECT_THAT(State().positions, IsEmpty());
}

TEST_F(WarehouseApplierTest, ParksAnEventWithItsReason) {
  Event event = feeder_.MakeEvent(order_, "created");
  event.set_seq(1);
  const FeedStep step{.producer = "operational",
                      .partition = 0,
                      .feed_epoch = 1,
                      .from_seq = 0,
                      .to_seq = 1};

  ASSERT_THAT(feeder_.applier().Park(
                  step, event, InvalidArgument("EVENT_UNREADABLE", "Broken.")),
              IsOk());

  const ConsumerState state = State();
  EXPECT_THAT(state.positions, ElementsAre(1));
  EXPECT_THAT(state.parked_keys,
              ElementsAre(ParkedKey{"acme", "customers/ada"}));
  EXPECT_THAT(feeder_.Query("SELECT reason FROM parked_event"),
              ElementsAre(SqlRow{"EVENT_UNREADABLE: Broken."}));
  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
}

TEST_F(WarehouseApplierTest, ForgetsAProducerThatWasRestored) {
  feeder_.Add(order_);

  ASSERT_THAT(feeder_.applier().Resync("operational", 2), IsOk());
  ASSERT_THAT(feeder_.applier().Resync("operational", 3), IsOk());

  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
  EXPECT_THAT(feeder_.Query("SELECT 1 FROM order_lines"), IsEmpty());
  EXPECT_THAT(feeder_.Query("SELECT 1 FROM applied_keys"), IsEmpty());
  EXPECT_EQ(State().feed_epoch, 3);
  EXPECT_THAT(State().positions, IsEmpty());
}

TEST_F(WarehouseApplierTest, AnUnknownKindThatIsNotIgnorableIsRefused) {
  EXPECT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "merged")}),
              StatusIs(absl::StatusCode::kUnimplemented, "EVENT_TYPE_UNKNOWN"));

  EXPECT_THAT(feeder_.Query(kOrders), IsEmpty());
  EXPECT_THAT(State().positions, IsEmpty());
}

TEST_F(WarehouseApplierTest, NotesAttemptsUntilTheyAreForgotten) {
  const FeedStep step{.producer = "operational", .partition = 3, .from_seq = 7};

  EXPECT_THAT(feeder_.applier().NoteAttempt(step), IsOkAndHolds(1));
  EXPECT_THAT(feeder_.applier().NoteAttempt(step), IsOkAndHolds(2));
  feeder_.Reopen();
  EXPECT_THAT(feeder_.applier().NoteAttempt(step), IsOkAndHolds(3));
  ASSERT_THAT(feeder_.applier().ForgetAttempts(step), IsOk());

  EXPECT_THAT(feeder_.applier().NoteAttempt(step), IsOkAndHolds(1));
}

TEST_F(WarehouseApplierTest, AReplayedEventTakesEffectAndIsParkedNoMore) {
  const Event event = feeder_.MakeEvent(order_, "created");
  ASSERT_THAT(feeder_.applier().Park({.producer = "operational",
                                      .feed_epoch = 1,
                                      .from_seq = 0,
                                      .to_seq = 1},
                                     event, absl::InternalError("why")),
              IsOk());
  const auto parked = feeder_.applier().ListParked("acme", std::nullopt, 10);
  ASSERT_THAT(parked, IsOk());
  ASSERT_EQ(parked->size(), 1u);
  EXPECT_EQ(parked->front().event.id(), event.id());
  const ParkedKey key{"acme", event.ordering_key()};

  EXPECT_THAT(feeder_.applier().ReplayParked("operational", key),
              IsOkAndHolds(true));
  EXPECT_THAT(feeder_.applier().ReplayParked("operational", key),
              IsOkAndHolds(false));

  EXPECT_THAT(feeder_.Query(kRevenue), ElementsAre(SqlRow{"5.000000000"}));
  EXPECT_THAT(feeder_.Query("SELECT 1 FROM parked_event"), IsEmpty());
}

}  // namespace
}  // namespace crm::analytical
