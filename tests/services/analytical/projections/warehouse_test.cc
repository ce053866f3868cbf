#include "services/analytical/projections/warehouse.h"

#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using ::testing::IsEmpty;
using testing::kTenant;
using testing::WarehouseFeeder;

class WarehouseTest : public ::testing::Test {
 protected:
  KeyRequirement Require(int64_t key_version) {
    return {"operational", kTenant, "customers/ada", key_version};
  }

  WarehouseFeeder feeder_;
  const operational::v1::Order order_ =
      WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5);
};

TEST_F(WarehouseTest, CountsTheChangesOfATenant) {
  const int64_t before = feeder_.warehouse().ChangeCount(kTenant);
  const int64_t other = feeder_.warehouse().ChangeCount("zeta");

  feeder_.Add(order_);

  EXPECT_GT(feeder_.warehouse().ChangeCount(kTenant), before);
  EXPECT_EQ(feeder_.warehouse().ChangeCount("zeta"), other);
}

TEST_F(WarehouseTest, CountsAResyncAsAChangeOfAllTenants) {
  const int64_t before = feeder_.warehouse().ChangeCount(kTenant);

  ASSERT_THAT(feeder_.applier().Resync("operational", 2), IsOk());

  EXPECT_GT(feeder_.warehouse().ChangeCount(kTenant), before);
}

TEST_F(WarehouseTest, DoesNotWaitForWhatIsThere) {
  feeder_.Add(order_);

  EXPECT_THAT(feeder_.warehouse().WaitForKey(Require(1), feeder_.clock().Now()),
              IsOk());
}

TEST_F(WarehouseTest, GivesUpAtTheDeadline) {
  feeder_.Add(order_);

  EXPECT_THAT(feeder_.warehouse().WaitForKey(Require(2), feeder_.clock().Now()),
              StatusIs(absl::StatusCode::kUnavailable, "NOT_YET_APPLIED"));
}

TEST_F(WarehouseTest, WaitsUntilTheEventsAreApplied) {
  feeder_.Add(order_);
  std::thread applying([this] {
    EXPECT_THAT(feeder_.Apply({feeder_.MakeEvent(order_, "updated")}), IsOk());
  });

  EXPECT_THAT(
      feeder_.warehouse().WaitForKey(Require(2), absl::InfiniteFuture()),
      IsOk());
  applying.join();
}

TEST_F(WarehouseTest, StartsAnewInAnotherFormat) {
  feeder_.Add(order_);
  ASSERT_THAT(feeder_.warehouse().WriteAll([](DuckWriter& writer) {
    return writer.Execute("UPDATE warehouse_format SET version = 999", {})
        .status();
  }),
              IsOk());

  feeder_.Reopen();

  EXPECT_THAT(feeder_.Query("SELECT 1 FROM orders"), IsEmpty());
  const auto state = feeder_.applier().Load("operational");
  ASSERT_THAT(state, IsOk());
  EXPECT_THAT(state->positions, IsEmpty());
}

TEST_F(WarehouseTest, StartsAnewAfterItsFileIsDamaged) {
  feeder_.Add(order_);
  feeder_.Close();
  std::ofstream(absl::StrCat(feeder_.folder(), "/warehouse/warehouse.duckdb"),
                std::ios::binary | std::ios::trunc)
      << "not a database";

  feeder_.Reopen();

  EXPECT_THAT(feeder_.Query("SELECT 1 FROM orders"), IsEmpty());
  const auto state = feeder_.applier().Load("operational");
  ASSERT_THAT(state, IsOk());
  EXPECT_EQ(state->feed_epoch, 0);
}

}  // namespace
}  // namespace crm::analytical
