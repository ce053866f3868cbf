#include "services/analytical/slices/scores.h"

#include "crm/profile/v1/scores_slice.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using operational::v1::Order;
using testing::kTenant;
using testing::WarehouseFeeder;

class ScoresSlicesTest : public ::testing::Test {
 protected:
  void Add(absl::string_view id, absl::string_view customer,
           absl::string_view day, int64_t units) {
    feeder_.Add(WarehouseFeeder::MakeOrder(id, customer, day, units));
  }

  absl::StatusOr<SliceContent> Build(
      const std::string& customer, int64_t min_key_version = 0,
      const std::string& service = "operational",
      absl::Time deadline = absl::InfiniteFuture()) {
    internal::v1::ReadSlicesRequest request;
    request.set_customer("customers/" + customer);
    if (min_key_version > 0) {
      request.set_min_service(service);
      request.set_min_key_version(min_key_version);
    }
    return scores_.Build(kTenant, request, deadline);
  }

  SliceContent MustBuild(const std::string& customer,
                         int64_t min_key_version = 0) {
    auto content = Build(customer, min_key_version);
    EXPECT_THAT(content, IsOk());
    return content.ok() ? *std::move(content) : SliceContent();
  }

  int64_t Frequency(const SliceContent& content) {
    profile::v1::ScoresSlice slice;
    EXPECT_TRUE(content.payload.has_value());
    EXPECT_TRUE(slice.ParseFromString(content.payload.value_or("")));
    return slice.frequency();
  }

  uint64_t ComputeCount() const {
    uint64_t count = 0;
    for (const uint64_t part : seconds_.Counts()) count += part;
    return count;
  }

  WarehouseFeeder feeder_;
  Histogram seconds_{LatencyBounds()};
  ScoresSlices scores_{feeder_.warehouse(), feeder_.clock(), seconds_};
};

TEST_F(ScoresSlicesTest, SaysHowTheCustomerStands) {
  Add("a", "ada", "2020-01-01", 5);
  Add("b", "ada", "2020-01-11", 6);
  Add("c", "bea", "2020-01-31", 40);

  const SliceContent content = MustBuild("ada");

  profile::v1::ScoresSlice slice;
  ASSERT_TRUE(slice.ParseFromString(content.payload.value()));
  EXPECT_THAT(slice, EqualsProto(R"pb(
                as_of_time { seconds: 1580428800 }
                recency_days: 20
                frequency: 2
                monetary { currency_code: "USD" units: 11 }
                recency_score: 1
                frequency_score: 1
                monetary_score: 1
                rfm_cell: "111"
              )pb"));
  EXPECT_EQ(content.as_of, feeder_.clock().Now());
  EXPECT_EQ(content.version, absl::ToUnixMicros(feeder_.clock().Now()));
  EXPECT_EQ(content.source_key_version, 2);
}

TEST_F(ScoresSlicesTest, IsAbsentForACustomerWithoutCountedOrders) {
  Order draft = WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5);
  draft.set_state(Order::DRAFT);
  feeder_.Add(draft);

  const SliceContent content = MustBuild("ada");

  EXPECT_FALSE(content.payload.has_value());
  EXPECT_EQ(content.source_key_version, 1);
}

TEST_F(ScoresSlicesTest, IsAbsentForAnUnknownCustomer) {
  const SliceContent content = MustBuild("nobody");

  EXPECT_FALSE(content.payload.has_value());
  EXPECT_EQ(content.source_key_version, 0);
}

TEST_F(ScoresSlicesTest, ComputesNothingWhileNothingChanges) {
  Add("a", "ada", "2020-01-01", 5);
  const SliceContent first = MustBuild("ada");

  feeder_.clock().Advance(absl::Hours(5));

  EXPECT_EQ(MustBuild("ada").version, first.version);
  EXPECT_EQ(ComputeCount(), 1);
}

TEST_F(ScoresSlicesTest, ComputesAtMostOnceAMinuteWhenSomethingChanges) {
  Add("a", "ada", "2020-01-01", 5);
  const SliceContent first = MustBuild("ada");
  Add("b", "ada", "2020-01-01", 5);

  feeder_.clock().Advance(kScoresLifetime - absl::Microseconds(1));
  EXPECT_EQ(Frequency(MustBuild("ada")), 1);
  EXPECT_EQ(MustBuild("ada").source_key_version, 1);

  feeder_.clock().Advance(absl::Microseconds(1));
  const SliceContent second = MustBuild("ada");
  EXPECT_EQ(Frequency(second), 2);
  EXPECT_EQ(second.source_key_version, 2);
  EXPECT_GT(second.version, first.version);
  EXPECT_EQ(ComputeCount(), 2);
}

TEST_F(ScoresSlicesTest, ComputesAtOnceForAReaderThatKnowsOfAChange) {
  Add("a", "ada", "2020-01-01", 5);
  MustBuild("ada");
  Add("b", "ada", "2020-01-01", 5);

  const SliceContent content = MustBuild("ada", 2);

  EXPECT_EQ(Frequency(content), 2);
  EXPECT_EQ(content.source_key_version, 2);
}

TEST_F(ScoresSlicesTest, ServesAKnowingReaderFromWhatIsNewEnough) {
  Add("a", "ada", "2020-01-01", 5);
  MustBuild("ada");
  Add("b", "bea", "2020-01-01", 5);

  MustBuild("ada", 1);

  EXPECT_EQ(ComputeCount(), 1);
}

TEST_F(ScoresSlicesTest, IsUnavailableUntilTheChangeHasArrived) {
  Add("a", "ada", "2020-01-01", 5);

  EXPECT_THAT(Build("ada", 2, "operational", feeder_.clock().Now()),
              StatusIs(absl::StatusCode::kUnavailable, "NOT_YET_APPLIED"));
}

TEST_F(ScoresSlicesTest, IgnoresVersionsOfOtherServices) {
  Add("a", "ada", "2020-01-01", 5);

  EXPECT_THAT(Build("ada", 99, "collaborative"), IsOk());
}

TEST_F(ScoresSlicesTest, F31_GrowsItsVersionWhenTheWallClockIsSetBack) {
  Add("a", "ada", "2020-01-01", 5);
  const SliceContent first = MustBuild("ada");
  Add("b", "ada", "2020-01-01", 5);

  feeder_.clock().SetNow(feeder_.clock().Now() - absl::Hours(1));
  feeder_.clock().Advance(kScoresLifetime);

  EXPECT_GT(MustBuild("ada").version, first.version);
}

TEST_F(ScoresSlicesTest, ScoresInTheCurrencyOfMostOrders) {
  Add("a", "ada", "2020-01-01", 5);
  Add("b", "ada", "2020-01-01", 5);
  Order euro = WarehouseFeeder::MakeOrder("c", "bea", "2020-01-01", 5);
  euro.set_currency_code("EUR");
  euro.mutable_total()->set_currency_code("EUR");
  euro.mutable_lines(0)->mutable_amount()->set_currency_code("EUR");
  feeder_.Add(euro);

  EXPECT_EQ(Frequency(MustBuild("ada")), 2);
  EXPECT_FALSE(MustBuild("bea").payload.has_value());
}

}  // namespace
}  // namespace crm::analytical
