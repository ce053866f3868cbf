#include "services/analytical/handlers/proposition.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/handlers/declared_world.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::DeclaredWorld;
using testing::Midnight;
using testing::Proto;
using v1::MeasurePropositionRequest;
using v1::Proposition;
using v1::ServeCost;

constexpr char kCare[] =
    "name: 'propositions/care' display_name: 'Care' segment: 'Retail' "
    "customers: 'customers/ada' customers: 'customers/bea' "
    "benefits { benefit_id: 'back' description: 'They come back' "
    "  metric { kind: REPEAT_RATE } bound: AT_LEAST "
    "  promised_millionths: 500000 } "
    "benefits { benefit_id: 'cheap' description: 'Orders are small' "
    "  metric { kind: AVERAGE_ORDER_VALUE currency_code: 'USD' } "
    "  bound: AT_MOST promised_millionths: 9000000 } "
    "cost_per_order { currency_code: 'USD' units: 2 nanos: 500000000 } ";

class MeasurePropositionTest : public ::testing::Test {
 protected:
  void Store(absl::string_view more = "") {
    auto proposition =
        Proto<Proposition>(std::string(kCare) + std::string(more));
    world_.SetNow(Midnight("2020-03-01"));
    world_.Store(proposition);
  }

  absl::StatusOr<v1::MeasurePropositionResponse> Measure(absl::string_view from,
                                                         absl::string_view to) {
    MeasurePropositionRequest request;
    request.set_name("propositions/care");
    *request.mutable_start_time() = ToTimestamp(Midnight(from));
    *request.mutable_end_time() = ToTimestamp(Midnight(to));
    return world_.Call(HandleMeasureProposition, request);
  }

  DeclaredWorld world_;
};

TEST_F(MeasurePropositionTest, VP_04_ShowsWhatWasDeliveredBesideThePromise) {
  Store();
  world_.Order("ada", Midnight("2020-01-10"), 8);
  world_.Order("ada", Midnight("2020-01-20"), 12);
  world_.Order("bea", Midnight("2020-01-20"), 10);
  // Neither one of the customers nor of the time.
  world_.Order("cleo", Midnight("2020-01-20"), 1'000);
  world_.Order("bea", Midnight("2020-02-01"), 1'000);

  const auto measured = Measure("2020-01-01", "2020-02-01");

  ASSERT_THAT(measured, IsOk());
  ASSERT_EQ(measured->deliveries_size(), 2);
  EXPECT_EQ(measured->deliveries(0).value().value_millionths(), 500'000);
  EXPECT_TRUE(measured->deliveries(0).kept());
  EXPECT_EQ(measured->deliveries(1).value().value_millionths(), 10'000'000);
  EXPECT_EQ(measured->deliveries(1).promised_millionths(), 9'000'000);
  EXPECT_FALSE(measured->deliveries(1).kept());
  ASSERT_EQ(measured->costs_size(), 2);
  EXPECT_EQ(measured->costs(0).driver(), ServeCost::ORDERS);
  EXPECT_TRUE(measured->costs(0).is_known());
  EXPECT_EQ(measured->costs(0).count(), 3);
  EXPECT_THAT(measured->costs(0).cost(),
              EqualsProto("currency_code: 'USD' units: 7 nanos: 500000000"));
}

TEST_F(MeasurePropositionTest, VP_04_MarksWhatIsMissingInsteadOfCallingItZero) {
  Store("cost_per_activity { currency_code: 'USD' units: 1 }");

  const auto empty = Measure("2020-01-01", "2020-02-01");
  world_.Order("cleo", Midnight("2020-01-20"), 1'000);
  const auto others = Measure("2020-01-01", "2020-02-01");

  for (const auto& measured : {empty, others}) {
    ASSERT_THAT(measured, IsOk());
    EXPECT_FALSE(measured->is_complete());
    for (const auto& delivery : measured->deliveries()) {
      EXPECT_FALSE(delivery.value().has_value());
      EXPECT_FALSE(delivery.kept());
    }
    for (const auto& cost : measured->costs()) {
      EXPECT_FALSE(cost.is_known());
      EXPECT_FALSE(cost.has_cost());
      EXPECT_NE(cost.missing_reason(), "");
    }
  }
}

TEST_F(MeasurePropositionTest, RefusesTimesThatDoNotGrowOrLieInTheFuture) {
  Store();

  EXPECT_THAT(Measure("2020-02-01", "2020-02-01"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Measure("2020-02-01", "2020-03-02"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::analytical
