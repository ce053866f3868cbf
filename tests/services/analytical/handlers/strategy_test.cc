#include "services/analytical/handlers/strategy.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/handlers/declared_world.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::DeclaredWorld;
using testing::Midnight;
using testing::Proto;
using v1::MeasureStrategyRequest;
using v1::ObjectiveStatus;
using v1::Strategy;

// The revenue is to come to 1000 USD in the 100 days from January 1.
constexpr char kGrowth[] =
    "name: 'strategies/growth' display_name: 'Growth' vision: 'Grow' "
    "target_segments: 'Retail' "
    "objectives { objective_id: 'revenue' display_name: 'Revenue' "
    "  metric { kind: REVENUE currency_code: 'USD' } direction: INCREASE "
    "  target_millionths: 1000000000 "
    "  start_date { year: 2020 month: 1 day: 1 } "
    "  due_date { year: 2020 month: 4 day: 9 } } "
    "objectives { objective_id: 'loyal' display_name: 'Loyal' "
    "  metric { kind: REPEAT_RATE period_days: 30 } direction: INCREASE "
    "  baseline_millionths: 100000 target_millionths: 500000 "
    "  start_date { year: 2020 month: 1 day: 1 } "
    "  due_date { year: 2020 month: 4 day: 9 } }";

class MeasureStrategyTest : public ::testing::Test {
 protected:
  MeasureStrategyTest() {
    auto strategy = Proto<Strategy>(kGrowth);
    world_.SetNow(Midnight("2021-01-01"));
    world_.Store(strategy);
  }

  v1::MeasureStrategyResponse Measure(absl::Time as_of) {
    MeasureStrategyRequest request;
    request.set_name("strategies/growth");
    *request.mutable_as_of_time() = ToTimestamp(as_of);
    auto response = world_.Call(HandleMeasureStrategy, request);
    EXPECT_THAT(response, IsOk());
    if (response.ok()) {
      EXPECT_EQ(response->statuses_size(), 2);
      return *std::move(response);
    }
    return Proto<v1::MeasureStrategyResponse>("statuses {} statuses {}");
  }

  DeclaredWorld world_;
};

TEST_F(MeasureStrategyTest, PF_01_AnObjectiveTurnsAtRiskByItselfWhenDataDo) {
  const absl::Time half = Midnight("2020-02-20");
  EXPECT_EQ(Measure(half).statuses(0).status(), ObjectiveStatus::NO_DATA);

  world_.Order("ada", Midnight("2020-01-10"), 500);
  const auto on_track = Measure(half);
  // Nobody changes the strategy: an order comes to be cancelled.
  auto order =
      testing::WarehouseFeeder::MakeOrder("big", "bea", "2020-02-01", 400);
  auto& feeder = world_.feeder();
  ASSERT_THAT(feeder.Apply({feeder.MakeEvent(order, "created")}), IsOk());
  const auto later = Midnight("2020-03-11");
  const auto still = Measure(later);
  order.set_state(operational::v1::Order::CANCELLED);
  ASSERT_THAT(feeder.Apply({feeder.MakeEvent(order, "updated")}), IsOk());
  const auto at_risk = Measure(later);

  EXPECT_EQ(on_track.statuses(0).status(), ObjectiveStatus::ON_TRACK);
  EXPECT_EQ(on_track.statuses(0).value().value_millionths(), 500'000'000);
  EXPECT_EQ(on_track.statuses(0).expected_millionths(), 500'000'000);
  EXPECT_EQ(still.statuses(0).status(), ObjectiveStatus::ON_TRACK);
  EXPECT_EQ(still.statuses(0).value().value_millionths(), 900'000'000);
  EXPECT_EQ(at_risk.statuses(0).status(), ObjectiveStatus::AT_RISK);
  EXPECT_EQ(at_risk.statuses(0).value().value_millionths(), 500'000'000);
  EXPECT_EQ(at_risk.statuses(0).expected_millionths(), 700'000'000);
}

TEST_F(MeasureStrategyTest, PF_01_TimeAloneTurnsAnObjectiveAtRiskAndMissed) {
  world_.Order("ada", Midnight("2020-01-10"), 500);

  EXPECT_EQ(Measure(Midnight("2020-02-20")).statuses(0).status(),
            ObjectiveStatus::ON_TRACK);
  EXPECT_EQ(Measure(Midnight("2020-02-21")).statuses(0).status(),
            ObjectiveStatus::AT_RISK);
  EXPECT_EQ(Measure(Midnight("2020-04-10")).statuses(0).status(),
            ObjectiveStatus::MISSED);
  world_.Order("bea", Midnight("2020-04-09"), 500);
  EXPECT_EQ(Measure(Midnight("2020-12-01")).statuses(0).status(),
            ObjectiveStatus::MET);
  // What comes after the due date does not count.
  world_.Order("bea", Midnight("2020-04-10"), 500);
  EXPECT_EQ(
      Measure(Midnight("2020-12-01")).statuses(0).value().value_millionths(),
      1'000'000'000);
}

TEST_F(MeasureStrategyTest, PF_01_ARateLooksBackAndIsUnknownWithoutOrders) {
  world_.Order("ada", Midnight("2020-01-10"), 5);
  world_.Order("ada", Midnight("2020-01-12"), 5);
  world_.Order("bea", Midnight("2020-01-12"), 5);

  const auto january = Measure(Midnight("2020-01-31"));
  const auto march = Measure(Midnight("2020-03-15"));

  EXPECT_EQ(january.statuses(1).value().value_millionths(), 500'000);
  EXPECT_EQ(january.statuses(1).status(), ObjectiveStatus::MET);
  EXPECT_EQ(march.statuses(1).status(), ObjectiveStatus::NO_DATA);
  EXPECT_FALSE(march.statuses(1).value().has_value());
}

TEST_F(MeasureStrategyTest, RefusesAnInstantToCome) {
  MeasureStrategyRequest request;
  request.set_name("strategies/growth");
  *request.mutable_as_of_time() = ToTimestamp(Midnight("2021-01-02"));

  EXPECT_THAT(world_.Call(HandleMeasureStrategy, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::analytical
