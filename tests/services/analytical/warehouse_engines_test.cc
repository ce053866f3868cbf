// Both engines make the same of the same events.

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/projections/analyses.h"
#include "services/analytical/projections/warehouse_projection.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using internal::v1::Event;
using operational::v1::Order;
using testing::Engine;
using testing::kNoDeadline;
using testing::WarehouseFeeder;

constexpr int kSeeds = 3;
constexpr int kSteps = 40;
constexpr int kQuestions = 20;
constexpr double kTolerance = 1e-12;

// Text that engines are known to take differently: by case, by locale, by its
// end, by what it quotes.
constexpr absl::string_view kOddTexts[] = {"a",
                                           "B",
                                           "b",
                                           "ä",
                                           "Z",
                                           "z ",
                                           "'",
                                           "\"",
                                           "\\",
                                           "%_?",
                                           "É",
                                           "\xF0\x9F\x8E\x81",
                                           "\u00df",
                                           absl::string_view("\0x", 2),
                                           "\x01\x02\x03",
                                           "0",
                                           "/"};

class WarehouseEnginesTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!crm::testing::TestsRunOnPostgres()) {
      GTEST_SKIP() << "skipped: runs where the tests run on PostgreSQL";
    }
    duck_ = std::make_unique<WarehouseFeeder>(Engine::kDuckDb);
    postgres_ = std::make_unique<WarehouseFeeder>(Engine::kPostgres);
  }

  int64_t Draw(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  template <typename T, size_t size>
  T Pick(const T (&values)[size]) {
    return values[Draw(0, size - 1)];
  }
  std::string Tenant() { return absl::StrCat("tenant-", Draw(0, 1)); }
  std::string Currency() { return Draw(0, 4) == 0 ? "EUR" : "USD"; }

  // From before 1970 too, to the microsecond, often on the same days.
  absl::Time Instant() {
    return absl::UnixEpoch() + absl::Hours(24) * Draw(-40, 40) +
           absl::Microseconds(
               Pick({int64_t{0}, int64_t{1}, int64_t{86'399'999'999},
                     Draw(0, 86'399'999'999)}));
  }

  void SetAmount(const std::string& currency, google::type::Money& money) {
    const absl::int128 large =
        absl::int128{Draw(-4, 4)} * 1'000'000'000'000 * kNanosPerUnit;
    const absl::int128 nanos = Draw(0, 9) == 0 ? large + Draw(-9, 9)
                                               : absl::int128{Draw(-5, 500)} *
                                                     Pick({1, 7, 10'000'000});
    auto made = FromNanos(currency, nanos);
    ASSERT_THAT(made, IsOk());
    money = *made;
  }

  Event MakeEvent() {
    const int64_t id = Draw(0, 60);
    Order order;
    order.set_name(absl::StrCat("orders/", Pick(kOddTexts), id));
    // An order stays with its customer; some have none.
    if (id % 7 > 0) {
      order.set_customer(
          absl::StrCat("customers/", kOddTexts[id % std::size(kOddTexts)]));
    }
    order.set_currency_code(Currency());
    order.set_state(Draw(0, 4) == 0 ? Order::CANCELLED : Order::CONFIRMED);
    *order.mutable_order_time() = ToTimestamp(Instant());
    SetAmount(order.currency_code(), *order.mutable_total());
    for (int64_t i = Draw(0, 3); i > 0; --i) {
      auto& line = *order.add_lines();
      // Not told apart by their ids.
      line.set_line_id(absl::StrCat(Draw(0, 1)));
      line.set_product(absl::StrCat("products/", Pick(kOddTexts)));
      line.set_quantity(Draw(-3, 9));
      SetAmount(order.currency_code(), *line.mutable_amount());
    }
    Event event = duck_->MakeEvent(
        order, Pick({"created", "updated", "deleted", "undeleted"}), Tenant());
    if (event.ordering_key().empty()) event.set_ordering_key(order.name());
    *event.mutable_event_time() = ToTimestamp(Instant());
    return event;
  }

  // Has both apply a step.
  void Step() {
    std::vector<Event> events;
    for (int64_t i = Draw(1, 30); i > 0; --i) events.push_back(MakeEvent());
    for (WarehouseFeeder* feeder : {duck_.get(), postgres_.get()}) {
      ASSERT_THAT(feeder->Apply(events), IsOk());
    }
  }

  std::string HashOf(WarehouseFeeder& feeder) {
    std::string hash;
    EXPECT_THAT(feeder.warehouse().Read(
                    kNoDeadline,
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          hash, HashWarehouse(reader, kOrderProducer));
                      return absl::OkStatus();
                    }),
                IsOk());
    return hash;
  }

  absl::StatusOr<std::vector<CustomerTotals>> TotalsOf(
      WarehouseFeeder& feeder, const OrderSelection& selection,
      const std::string& currency) {
    std::vector<CustomerTotals> totals;
    CRM_RETURN_IF_ERROR(feeder.warehouse().Read(
        kNoDeadline, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(totals,
                               ReadCustomerTotals(reader, selection, currency));
          return absl::OkStatus();
        }));
    return totals;
  }

  void CompareTotals() {
    OrderSelection selection{.tenant = Tenant()};
    if (Draw(0, 1) == 0) selection.start_time = Instant();
    if (Draw(0, 1) == 0) selection.end_time = Instant();
    const std::string currency = Currency();
    const auto duck = TotalsOf(*duck_, selection, currency);
    const auto postgres = TotalsOf(*postgres_, selection, currency);
    ASSERT_THAT(duck, IsOk());
    ASSERT_THAT(postgres, IsOk());
    EXPECT_EQ(*duck, *postgres);
  }

  void CompareScores() {
    RfmQuestion question{.tenant = Tenant(), .currency = Currency()};
    if (Draw(0, 1) == 0) question.as_of = Instant();
    const auto duck = AnalyzeRfm(duck_->warehouse(), question,
                                 absl::UnixEpoch(), kNoDeadline);
    const auto postgres = AnalyzeRfm(postgres_->warehouse(), question,
                                     absl::UnixEpoch(), kNoDeadline);
    ASSERT_THAT(duck, IsOk());
    ASSERT_THAT(postgres, IsOk());
    EXPECT_EQ(duck->as_of, postgres->as_of);
    EXPECT_EQ(duck->analysis, postgres->analysis);
    EXPECT_THAT(postgres->freshness,
                EqualsProto(duck->freshness.DebugString()));
  }

  void CompareHistories() {
    RfmQuestion question{.tenant = Tenant(), .currency = Currency()};
    if (Draw(0, 1) == 0) question.as_of = Instant();
    const auto duck = ReadHistories(duck_->warehouse(), question,
                                    absl::UnixEpoch(), kNoDeadline);
    const auto postgres = ReadHistories(postgres_->warehouse(), question,
                                        absl::UnixEpoch(), kNoDeadline);
    ASSERT_THAT(duck, IsOk());
    ASSERT_THAT(postgres, IsOk());
    EXPECT_EQ(duck->as_of, postgres->as_of);
    // Equal input gives equal models, to the bit.
    EXPECT_EQ(duck->histories, postgres->histories);
  }

  void ComparePortfolios() {
    v1::PortfolioAnalysis duck;
    duck.set_currency_code(Currency());
    duck.set_top_fraction_millionths(static_cast<int32_t>(Draw(1, 1'000'000)));
    v1::PortfolioAnalysis postgres = duck;
    const std::string tenant = Tenant();
    const absl::Status duck_status = AnalyzePortfolio(
        duck_->warehouse(), tenant, absl::UnixEpoch(), kNoDeadline, duck);
    const absl::Status postgres_status =
        AnalyzePortfolio(postgres_->warehouse(), tenant, absl::UnixEpoch(),
                         kNoDeadline, postgres);
    EXPECT_EQ(duck_status, postgres_status);
    EXPECT_LE(std::abs(duck.gini() - postgres.gini()),
              kTolerance * std::abs(duck.gini()));
    EXPECT_LE(std::abs(duck.top_share() - postgres.top_share()),
              kTolerance * std::abs(duck.top_share()));
    postgres.set_gini(duck.gini());
    postgres.set_top_share(duck.top_share());
    EXPECT_THAT(postgres, EqualsProto(duck.DebugString()));
  }

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
  std::unique_ptr<WarehouseFeeder> duck_;
  std::unique_ptr<WarehouseFeeder> postgres_;
};

TEST_P(WarehouseEnginesTest, MakeTheSameOfTheSameEvents) {
  for (int step = 0; step < kSteps; ++step) Step();

  EXPECT_EQ(HashOf(*duck_), HashOf(*postgres_));
  for (int i = 0; i < kQuestions; ++i) {
    CompareTotals();
    CompareScores();
    CompareHistories();
    ComparePortfolios();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, WarehouseEnginesTest,
                         ::testing::Range(0, kSeeds));

}  // namespace
}  // namespace crm::analytical
