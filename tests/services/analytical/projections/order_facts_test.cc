#include "services/analytical/projections/order_facts.h"

#include <algorithm>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/projections/analyses.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "tests/services/analytical/domain/clv/cdnow_customers.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::IsOkAndHolds;
using crm::testing::StatusIs;
using operational::v1::Order;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNoDeadline;
using testing::kTenant;
using testing::Midnight;
using testing::WarehouseFeeder;

constexpr absl::int128 kOne = kNanosPerUnit;

TEST(Decimal, RoundTrips) {
  const absl::int128 most =
      absl::int128{std::numeric_limits<int64_t>::max()} * kOne + 999'999'999;
  const std::pair<absl::int128, std::string> cases[] = {
      {0, "0.000000000"},
      {1, "0.000000001"},
      {-1, "-0.000000001"},
      {-kOne * 7 / 4, "-1.750000000"},
      {most, "9223372036854775807.999999999"}};
  for (const auto& [nanos, text] : cases) {
    EXPECT_EQ(ToDecimal(nanos), text);
    EXPECT_THAT(FromDecimal(text), IsOkAndHolds(nanos));
  }
}

TEST(Decimal, RefusesOtherText) {
  EXPECT_THAT(FromDecimal("NaN"),
              StatusIs(absl::StatusCode::kInternal, "COLUMN_TYPE"));
}

class OrderFactsTest : public ::testing::Test {
 protected:
  void Add(absl::string_view id, absl::string_view customer,
           absl::string_view day, int64_t units,
           Order::State state = Order::CONFIRMED,
           const std::string& currency = "USD") {
    Order order = WarehouseFeeder::MakeOrder(id, customer, day, units);
    order.set_state(state);
    order.set_currency_code(currency);
    order.mutable_total()->set_currency_code(currency);
    order.mutable_lines(0)->mutable_amount()->set_currency_code(currency);
    feeder_.Add(order);
  }

  std::vector<CustomerTotals> Totals(const OrderSelection& selection,
                                     absl::string_view currency = "USD") {
    std::vector<CustomerTotals> totals;
    EXPECT_THAT(feeder_.warehouse().Read(kNoDeadline,
                                         [&](SqlReader& reader) {
                                           auto read = ReadCustomerTotals(
                                               reader, selection, currency);
                                           if (read.ok())
                                             totals = *std::move(read);
                                           return read.status();
                                         }),
                IsOk());
    return totals;
  }

  WarehouseFeeder feeder_;
};

TEST_F(OrderFactsTest, SumsUpByCustomer) {
  Add("a", "bea", "2020-01-01", 5);
  Add("b", "ada", "2020-01-02", 7);
  Add("c", "bea", "2020-01-03", 6);
  Add("d", "bea", "2020-01-03", 1);

  EXPECT_THAT(
      Totals({.tenant = kTenant}),
      ElementsAre(CustomerTotals{"customers/ada", Midnight("2020-01-02"), 1, 1,
                                 7 * kOne},
                  CustomerTotals{"customers/bea", Midnight("2020-01-03"), 3, 2,
                                 12 * kOne}));
}

TEST_F(OrderFactsTest, CountsConfirmedOrdersOfTheTenantAndCurrencyOnly) {
  Add("a", "ada", "2020-01-01", 1, Order::DRAFT);
  Add("b", "ada", "2020-01-01", 2, Order::SUBMITTED);
  Add("c", "ada", "2020-01-01", 3, Order::CANCELLED);
  Add("d", "ada", "2020-01-01", 4, Order::CONFIRMED, "EUR");

  EXPECT_THAT(Totals({.tenant = kTenant}), IsEmpty());
  EXPECT_THAT(Totals({.tenant = "zeta"}, "EUR"), IsEmpty());
  EXPECT_THAT(Totals({.tenant = kTenant}, "EUR"), ::testing::SizeIs(1));
}

TEST_F(OrderFactsTest, CountsFromTheStartAndBeforeTheEnd) {
  Add("a", "ada", "2020-01-01", 1);
  Add("b", "ada", "2020-01-02", 2);
  Add("c", "ada", "2020-01-03", 4);

  const auto totals = Totals({.tenant = kTenant,
                              .start_time = Midnight("2020-01-02"),
                              .end_time = Midnight("2020-01-03")});

  ASSERT_EQ(totals.size(), 1);
  EXPECT_EQ(totals[0].revenue, 2 * kOne);
}

TEST_F(OrderFactsTest, SaysWhatItHasSeen) {
  Add("a", "ada", "2020-01-01", 1);
  feeder_.clock().Advance(absl::Seconds(9));
  Add("b", "bea", "2020-01-01", 1);

  v1::Freshness freshness;
  ASSERT_THAT(feeder_.warehouse().Read(kNoDeadline,
                                       [&](SqlReader& reader) {
                                         auto read = ReadFreshness(
                                             reader, kTenant,
                                             absl::FromUnixSeconds(5));
                                         if (read.ok()) freshness = *read;
                                         return read.status();
                                       }),
              IsOk());

  EXPECT_THAT(
      freshness, EqualsProto(R"pb(
        compute_time { seconds: 5 }
        newest_event_time { seconds: 1577836809 }
        positions { service: "operational" feed_epoch: 1 partition: 0 seq: 2 }
      )pb"));
}

TEST_F(OrderFactsTest, ScoresAsOfTheNewestOrder) {
  Add("a", "ada", "2020-01-01", 1);
  Add("b", "bea", "2020-03-01", 2);

  const auto answer = AnalyzeRfm(feeder_.warehouse(), {.tenant = kTenant},
                                 absl::UnixEpoch(), kNoDeadline);

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->currency, "USD");
  EXPECT_EQ(answer->as_of, Midnight("2020-03-01"));
  EXPECT_EQ(answer->analysis.scores[0].recency_days, 60);
}

TEST_F(OrderFactsTest, LeavesOutOrdersAfterTheInstantAskedFor) {
  Add("a", "ada", "2020-01-01", 1);
  Add("b", "ada", "2020-01-02", 2);
  Add("c", "bea", "2020-01-03", 2);

  const auto answer = AnalyzeRfm(
      feeder_.warehouse(), {.tenant = kTenant, .as_of = Midnight("2020-01-02")},
      absl::UnixEpoch(), kNoDeadline);

  ASSERT_THAT(answer, IsOk());
  ASSERT_EQ(answer->analysis.scores.size(), 1);
  EXPECT_EQ(answer->analysis.scores[0].frequency, 2);
  EXPECT_EQ(answer->analysis.scores[0].recency_days, 0);
}

TEST_F(OrderFactsTest, NeverAddsTwoCurrencies) {
  Add("a", "ada", "2020-01-01", 1);
  Add("b", "ada", "2020-01-01", 2, Order::CONFIRMED, "EUR");

  EXPECT_THAT(AnalyzeRfm(feeder_.warehouse(), {.tenant = kTenant},
                         absl::UnixEpoch(), kNoDeadline),
              StatusIs(absl::StatusCode::kInvalidArgument, "MIXED_CURRENCIES"));
  v1::PortfolioAnalysis analysis;
  EXPECT_THAT(AnalyzePortfolio(feeder_.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              StatusIs(absl::StatusCode::kInvalidArgument, "MIXED_CURRENCIES"));
  analysis.set_currency_code("EUR");
  EXPECT_THAT(AnalyzePortfolio(feeder_.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              IsOk());
  EXPECT_EQ(analysis.total_revenue().units(), 2);
}

TEST_F(OrderFactsTest, AnalyzesThePortfolioOfATime) {
  Add("a", "ada", "2020-01-01", 30);
  Add("b", "bea", "2020-01-02", 10);
  Add("c", "bea", "2020-06-01", 100);
  v1::PortfolioAnalysis analysis;
  *analysis.mutable_end_time() = ToTimestamp(Midnight("2020-06-01"));

  ASSERT_THAT(AnalyzePortfolio(feeder_.warehouse(), kTenant,
                               absl::FromUnixSeconds(5), kNoDeadline, analysis),
              IsOk());

  EXPECT_EQ(analysis.freshness().positions_size(), 1);
  analysis.clear_freshness();
  EXPECT_THAT(analysis, EqualsProto(R"pb(
                top_fraction_millionths: 200000
                end_time { seconds: 1590969600 }
                currency_code: "USD"
                customer_count: 2
                top_customer_count: 1
                total_revenue { currency_code: "USD" units: 40 }
                top_revenue { currency_code: "USD" units: 30 }
                top_share: 0.75
                gini: 0.25
                customers_for_80_percent: 2
                as_of_time { seconds: 1577923200 }
              )pb"));
}

TEST_F(OrderFactsTest, RefusesTimesThatDoNotGrow) {
  v1::PortfolioAnalysis analysis;
  *analysis.mutable_start_time() = ToTimestamp(Midnight("2020-06-01"));
  *analysis.mutable_end_time() = analysis.start_time();

  EXPECT_THAT(AnalyzePortfolio(feeder_.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(OrderFactsTest, AnalyzesAnEmptyWarehouse) {
  v1::PortfolioAnalysis analysis;

  ASSERT_THAT(AnalyzePortfolio(feeder_.warehouse(), kTenant, absl::UnixEpoch(),
                               kNoDeadline, analysis),
              IsOk());

  EXPECT_EQ(analysis.customer_count(), 0);
  EXPECT_FALSE(analysis.has_as_of_time());
}

// Every customer's purchases, also of one day and for nothing, against a plain
// sum over them.
TEST_F(OrderFactsTest, ReadsPurchaseHistories) {
  std::mt19937_64 random(4);
  std::uniform_int_distribution<int> draw(0, 1'000'000);
  std::vector<testing::Purchase> purchases;
  for (int i = 0; i < 600; ++i) {
    purchases.push_back({absl::StrCat("c", draw(random) % 90),
                         Midnight("2019-12-20") +
                             absl::Hours(24) * (draw(random) % 30) +
                             absl::Microseconds(draw(random)),
                         absl::int128{draw(random) % 7} * 1'234'567'891});
  }
  feeder_.AddPurchases(purchases);
  const absl::Time end = Midnight("2020-01-10");
  std::vector<PurchaseHistory> expected =
      testing::MakeHistories(purchases, testing::DayNumber("2020-01-09"));
  for (PurchaseHistory& history : expected) {
    history.customer = absl::StrCat("customers/", history.customer);
  }
  ASSERT_GT(expected.size(), 80);

  std::vector<PurchaseHistory> histories;
  std::optional<absl::Time> newest;
  std::optional<absl::Time> none = absl::UnixEpoch();
  ASSERT_THAT(
      feeder_.warehouse().Read(
          kNoDeadline,
          [&](SqlReader& reader) -> absl::Status {
            const OrderSelection selection{.tenant = kTenant, .end_time = end};
            CRM_ASSIGN_OR_RETURN(
                histories, ReadPurchaseHistories(reader, selection, "USD"));
            CRM_ASSIGN_OR_RETURN(newest,
                                 ReadNewestOrderTime(reader, selection, "USD"));
            CRM_ASSIGN_OR_RETURN(none,
                                 ReadNewestOrderTime(reader, selection, "EUR"));
            return absl::OkStatus();
          }),
      IsOk());

  EXPECT_EQ(histories, expected);
  absl::Time last = absl::InfinitePast();
  for (const testing::Purchase& purchase : purchases) {
    if (purchase.time < end) last = std::max(last, purchase.time);
  }
  EXPECT_EQ(newest, last);
  EXPECT_EQ(none, std::nullopt);
}

TEST_F(OrderFactsTest, ReadsHistoriesOfWhatCountsOnly) {
  Add("a", "ada", "2020-01-01", 5);
  Add("b", "ada", "2020-01-08", 7, Order::CANCELLED);
  Add("c", "ada", "2020-01-09", 9, Order::CONFIRMED, "EUR");

  std::vector<PurchaseHistory> histories;
  ASSERT_THAT(feeder_.warehouse().Read(
                  kNoDeadline,
                  [&](SqlReader& reader) -> absl::Status {
                    CRM_ASSIGN_OR_RETURN(
                        histories, ReadPurchaseHistories(
                                       reader, {.tenant = kTenant}, "USD"));
                    return absl::OkStatus();
                  }),
              IsOk());

  const int64_t day = testing::DayNumber("2020-01-01");
  EXPECT_THAT(
      histories,
      ElementsAre(PurchaseHistory{
          .customer = "customers/ada", .first_day = day, .last_day = day}));
}

}  // namespace
}  // namespace crm::analytical
