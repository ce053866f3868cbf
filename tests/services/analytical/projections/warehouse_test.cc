#include "services/analytical/projections/warehouse.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::kNoDeadline;
using testing::kTenant;
using testing::WarehouseFeeder;

class WarehouseTest : public ::testing::Test {
 protected:
  KeyRequirement Require(int64_t key_version) {
    return {"operational", kTenant, "customers/ada", key_version};
  }

  ChangeMark Mark(const std::string& tenant) {
    const auto mark = feeder_.warehouse().Mark(tenant, kNoDeadline);
    EXPECT_THAT(mark, IsOk());
    return mark.value_or(ChangeMark());
  }

  WarehouseFeeder feeder_;
  const operational::v1::Order order_ =
      WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5);
};

TEST_F(WarehouseTest, MarksTheChangesOfATenant) {
  const ChangeMark before = Mark(kTenant);
  const ChangeMark other = Mark("zeta");

  feeder_.Add(order_);

  EXPECT_NE(Mark(kTenant), before);
  EXPECT_EQ(Mark("zeta"), other);
}

TEST_F(WarehouseTest, MarksAResyncAsAChangeOfAllTenants) {
  const ChangeMark before = Mark(kTenant);

  ASSERT_THAT(feeder_.applier().Resync("operational", 2), IsOk());

  EXPECT_NE(Mark(kTenant), before);
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

}  // namespace
}  // namespace crm::analytical
