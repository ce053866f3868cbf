#include "services/analytical/projections/duck_warehouse.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::Engine;
using ::testing::IsEmpty;
using testing::WarehouseFeeder;

class DuckWarehouseTest : public ::testing::Test {
 protected:
  WarehouseFeeder feeder_{Engine::kDuckDb};
  const operational::v1::Order order_ =
      WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5);
};

TEST_F(DuckWarehouseTest, BeginsNoStatementAfterTheDeadline) {
  EXPECT_THAT(
      feeder_.warehouse().Read(feeder_.clock().Now(),
                               [](SqlReader& reader) {
                                 return reader.Query("SELECT 1", {}).status();
                               }),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "READ_INTERRUPTED"));
}

TEST_F(DuckWarehouseTest, F41_StartsAnewInAnotherFormat) {
  feeder_.Add(order_);
  ASSERT_THAT(feeder_.warehouse().Write(
                  {.everything = true},
                  [](WarehouseWriter& writer) {
                    return writer
                        .Execute("UPDATE warehouse_format SET version = 999",
                                 {})
                        .status();
                  }),
              IsOk());

  feeder_.Reopen();

  EXPECT_THAT(feeder_.Query("SELECT 1 FROM orders"), IsEmpty());
  const auto state = feeder_.applier().Load("operational");
  ASSERT_THAT(state, IsOk());
  EXPECT_THAT(state->positions, IsEmpty());
}

TEST_F(DuckWarehouseTest, F41_StartsAnewAfterItsFileIsDamaged) {
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
