#include "services/analytical/handlers/clv.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/base/money.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/domain/clv/simulated_customers.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::kNoReferenceData;
using testing::kTenant;
using testing::Midnight;
using testing::Purchase;
using testing::WarehouseFeeder;
using v1::ClvFit;
using v1::ClvScore;

constexpr absl::Duration kDay = absl::Hours(24);

// Purchases of simulated customers, to the day; the last ones to 2021-01-01.
std::vector<Purchase> SimulatedPurchases(int count) {
  std::vector<PurchaseSummary> customers =
      testing::SimulatePurchases({.6, 4, .8, 2.5}, count, 11);
  testing::SimulateValues({.p = 6, .q = 4, .gamma = 15}, 12, customers);
  std::vector<Purchase> purchases;
  for (size_t i = 0; i < customers.size(); ++i) {
    const auto& [times, mean] = customers[i];
    const auto age = static_cast<int64_t>(times.age * 7);
    const auto recency = static_cast<int64_t>(times.recency * 7);
    const absl::Time first = Midnight("2021-01-01") - age * kDay;
    for (int64_t purchase = 0; purchase <= times.frequency; ++purchase) {
      const int64_t day =
          times.frequency == 0 ? 0 : recency * purchase / times.frequency;
      purchases.push_back({absl::StrCat("c", 10'000 + i), first + day * kDay,
                           absl::int128(mean * kNanosPerUnit)});
    }
  }
  return purchases;
}

// Runs the handlers over a store of their own.
class ClvHandlersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    application_.Owns<v1::ClvModel>().Keeps(ScoreBlockTable(kClvScoreBlocks));
    auto opened = crm::testing::OpenEngineUnderTest(
        absl::StrCat(feeder_.folder(), "/db"), &feeder_.clock());
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    ASSERT_THAT(database_->Migrate({.tables = application_.Tables()}), IsOk());
    call_.principal.tenant = kTenant;
    call_.principal.subject = "user:ada";
    call_.now = feeder_.clock().Now();
  }

  void TearDown() override { database_.reset(); }

  absl::Status Run(const std::function<absl::Status(Transaction&)>& body) {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, application_.catalog(), call_, ids_,
                                  feeder_.clock().Now());
          CRM_RETURN_IF_ERROR(body(transaction));
          return transaction.status();
        });
  }

  absl::StatusOr<v1::ClvModel> Create(
      const v1::CreateClvModelRequest& request = {}) {
    v1::ClvModel model;
    CRM_ASSIGN_OR_RETURN(const PreparedClv prepared,
                         PrepareClvModel(analytics_, call_, request));
    CRM_RETURN_IF_ERROR(Run([&](Transaction& transaction) -> absl::Status {
      CRM_ASSIGN_OR_RETURN(
          model, HandleCreateClvModel(prepared, transaction, call_, request));
      return absl::OkStatus();
    }));
    return model;
  }

  absl::StatusOr<v1::ListClvScoresResponse> List(
      const v1::ListClvScoresRequest& request) {
    v1::ListClvScoresResponse response;
    CRM_RETURN_IF_ERROR(database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, application_.catalog(), kTenant);
          CRM_ASSIGN_OR_RETURN(
              response, HandleListClvScores(analytics_, view, call_, request));
          return absl::OkStatus();
        }));
    return response;
  }

  // All scores of a model, page by page.
  std::vector<ClvScore> ListAll(const std::string& name) {
    std::vector<ClvScore> scores;
    v1::ListClvScoresRequest request;
    request.set_name(name);
    request.set_page_size(700);
    do {
      const auto page = List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      scores.insert(scores.end(), page->scores().begin(), page->scores().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return scores;
  }

  WarehouseFeeder feeder_;
  PageTokenCodec page_tokens_{std::string(32, 's'), feeder_.clock()};
  Histogram seconds_{LatencyBounds()};
  Analytics analytics_{feeder_.warehouse(), feeder_.clock(), page_tokens_,
                       seconds_};
  Application application_{"analytical"};
  IdMaker ids_{feeder_.clock(), 1};
  CallContext call_;
  std::unique_ptr<Database> database_;
};

std::map<std::string, double> ParametersOf(const ClvFit& fit) {
  std::map<std::string, double> parameters;
  for (const auto& parameter : fit.parameters()) {
    parameters[parameter.symbol()] = parameter.value();
  }
  return parameters;
}

// The calibration period and the horizon of the published models.
TEST_F(ClvHandlersTest, AN_10_ModelEqualsThePublishedFigures) {
  const auto purchases = testing::ReadCdnowPurchases();
  if (!purchases.has_value()) GTEST_SKIP() << kNoReferenceData;
  feeder_.AddPurchases(*purchases);
  v1::CreateClvModelRequest request;
  *request.mutable_clv_model()->mutable_as_of_time() =
      ToTimestamp(Midnight("1997-09-30"));
  request.mutable_clv_model()->set_monthly_discount_millionths(10'000);

  const auto model = Create(request);

  ASSERT_THAT(model, IsOk());
  EXPECT_EQ(model->customer_count(), 2'357);
  EXPECT_EQ(model->horizon_months(), 12);
  ASSERT_EQ(model->purchase_fit().verdict(), ClvFit::CONVERGED);
  ASSERT_EQ(model->value_fit().verdict(), ClvFit::CONVERGED);
  auto purchase_fit = ParametersOf(model->purchase_fit());
  EXPECT_NEAR(purchase_fit["r"], .24259, .001);
  EXPECT_NEAR(purchase_fit["alpha"], 4.41360, .01);
  EXPECT_NEAR(purchase_fit["a"], .79292, .005);
  EXPECT_NEAR(purchase_fit["b"], 2.42591, .02);
  EXPECT_NEAR(model->purchase_fit().log_likelihood(), -9'582.4292, .0008);
  auto value_fit = ParametersOf(model->value_fit());
  EXPECT_NEAR(value_fit["p"], 6.2496, .02);
  EXPECT_NEAR(value_fit["q"], 3.7442, .02);
  EXPECT_NEAR(value_fit["gamma"], 15.4435, .1);
  EXPECT_NEAR(model->value_correlation(), .113884, 1e-4);

  const std::vector<ClvScore> scores = ListAll(model->name());
  ASSERT_EQ(scores.size(), 2'357);
  double sum = 0;
  double top = 0;
  for (const ClvScore& score : scores) {
    const double value = static_cast<double>(ToNanos(score.lifetime_value())) /
                         static_cast<double>(kNanosPerUnit);
    sum += value;
    top = std::max(top, value);
  }
  // The printed table goes by rounded parameters.
  EXPECT_NEAR(sum, 71'560.21, 2e-3 * 71'560.21);
  EXPECT_NEAR(top, 1'174.79, 2e-3 * 1'174.79);
}

TEST_F(ClvHandlersTest, ID_02_EveryCustomerHasOneValueTierByStoredBoundaries) {
  feeder_.AddPurchases(SimulatedPurchases(600));

  const auto model = Create();

  ASSERT_THAT(model, IsOk());
  ASSERT_EQ(model->purchase_fit().verdict(), ClvFit::CONVERGED);
  ASSERT_EQ(model->value_fit().verdict(), ClvFit::CONVERGED);
  const v1::ValueBoundaries& boundaries = model->value_boundaries();
  std::map<ClvScore::ValueTier, int> counts;
  for (const ClvScore& score : ListAll(model->name())) {
    const absl::int128 value = ToNanos(score.lifetime_value());
    ClvScore::ValueTier expected = ClvScore::LOW;
    if (value >= ToNanos(boundaries.middle())) expected = ClvScore::MIDDLE;
    if (value >= ToNanos(boundaries.high())) expected = ClvScore::HIGH;
    if (value >= ToNanos(boundaries.top())) expected = ClvScore::TOP;
    EXPECT_EQ(score.value_tier(), expected) << score.customer();
    ++counts[score.value_tier()];
  }
  EXPECT_EQ(counts[ClvScore::TOP], 30);
  EXPECT_EQ(counts[ClvScore::HIGH], 90);
  EXPECT_GE(counts[ClvScore::MIDDLE], 180);
  EXPECT_EQ(counts[ClvScore::MIDDLE] + counts[ClvScore::LOW], 480);
}

TEST_F(ClvHandlersTest, ID_02_TiersAreUnknownWhereTheDataDoNotSuffice) {
  feeder_.Add(WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5));
  feeder_.Add(WarehouseFeeder::MakeOrder("b", "ada", "2020-01-15", 7));
  feeder_.Add(WarehouseFeeder::MakeOrder("c", "bea", "2020-01-22", 9));

  const auto model = Create();

  ASSERT_THAT(model, IsOk());
  EXPECT_EQ(model->purchase_fit().verdict(), ClvFit::INSUFFICIENT_DATA);
  EXPECT_EQ(model->value_fit().verdict(), ClvFit::INSUFFICIENT_DATA);
  EXPECT_FALSE(model->has_value_boundaries());
  const std::vector<ClvScore> scores = ListAll(model->name());
  ASSERT_EQ(scores.size(), 2);
  EXPECT_THAT(scores[0], EqualsProto(R"pb(
                customer: "customers/ada"
                frequency: 1
                recency_weeks: 2
                age_weeks: 3
                mean_value { currency_code: "USD" units: 7 }
                value_tier: UNKNOWN
              )pb"));
  EXPECT_THAT(scores[1], EqualsProto("customer: 'customers/bea' "
                                     "value_tier: UNKNOWN"));
}

TEST_F(ClvHandlersTest, GivesTheSameModelOfTheSameOrders) {
  feeder_.AddPurchases(SimulatedPurchases(200));
  const auto first = Create();
  ASSERT_THAT(first, IsOk());
  const auto second = Create();
  ASSERT_THAT(second, IsOk());

  EXPECT_EQ(first->data_fingerprint(), second->data_fingerprint());
  EXPECT_THAT(second->purchase_fit(),
              EqualsProto(first->purchase_fit().DebugString()));
  EXPECT_THAT(second->value_fit(),
              EqualsProto(first->value_fit().DebugString()));

  feeder_.Add(WarehouseFeeder::MakeOrder("late", "c10000", "2021-01-01", 5));
  const auto third = Create();
  ASSERT_THAT(third, IsOk());
  EXPECT_NE(third->data_fingerprint(), first->data_fingerprint());
}

TEST_F(ClvHandlersTest, LeavesLaterOrdersOut) {
  feeder_.Add(WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5));
  feeder_.Add(WarehouseFeeder::MakeOrder("b", "ada", "2020-01-15", 7));
  v1::CreateClvModelRequest request;
  *request.mutable_clv_model()->mutable_as_of_time() =
      ToTimestamp(Midnight("2020-01-15") - absl::Microseconds(1));

  const auto model = Create(request);

  ASSERT_THAT(model, IsOk());
  const std::vector<ClvScore> scores = ListAll(model->name());
  ASSERT_EQ(scores.size(), 1);
  EXPECT_EQ(scores[0].frequency(), 0);
  // Of whole days: the last one is 2020-01-14.
  EXPECT_EQ(scores[0].age_weeks(), 13.0 / 7);
}

TEST_F(ClvHandlersTest, RefusesWhatCannotBeFitted) {
  EXPECT_THAT(Create(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_ORDERS"));

  feeder_.AddPurchases(SimulatedPurchases(60));
  v1::CreateClvModelRequest request;
  auto& boundaries = *request.mutable_clv_model()->mutable_value_boundaries();
  for (auto* money : {boundaries.mutable_middle(), boundaries.mutable_high(),
                      boundaries.mutable_top()}) {
    money->set_currency_code("EUR");
  }
  EXPECT_THAT(Create(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));

  auto order = WarehouseFeeder::MakeOrder("other", "bea", "2020-01-01", 5);
  order.set_currency_code("EUR");
  order.mutable_total()->set_currency_code("EUR");
  order.mutable_lines(0)->mutable_amount()->set_currency_code("EUR");
  feeder_.Add(order);
  EXPECT_THAT(Create(),
              StatusIs(absl::StatusCode::kInvalidArgument, "MIXED_CURRENCIES"));

  call_.deadline = feeder_.clock().Now() - absl::Seconds(1);
  EXPECT_EQ(Create().status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClvHandlersTest, PagesThroughTheScoresAndBindsTokensToTheModel) {
  feeder_.AddPurchases(SimulatedPurchases(1'200));
  const auto first = Create();
  const auto second = Create();
  ASSERT_THAT(second, IsOk());

  EXPECT_EQ(ListAll(first->name()).size(), 1'200);

  v1::ListClvScoresRequest request;
  request.set_name(first->name());
  request.set_page_size(1);
  const auto page = List(request);
  ASSERT_THAT(page, IsOk());
  request.set_page_token(page->next_page_token());
  request.set_name(second->name());
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "PAGE_TOKEN_MISMATCH"));
}

TEST_F(ClvHandlersTest, DeletesTheScoresWithTheModel) {
  feeder_.AddPurchases(SimulatedPurchases(60));
  const auto model = Create();
  ASSERT_THAT(model, IsOk());
  v1::DeleteClvModelRequest request;
  request.set_name(model->name());

  ASSERT_THAT(
      Run([&](Transaction& transaction) {
        return HandleDeleteClvModel(transaction, call_, request).status();
      }),
      IsOk());

  v1::ListClvScoresRequest list;
  list.set_name(model->name());
  EXPECT_EQ(List(list).status().code(), absl::StatusCode::kNotFound);
  SqlRows rows;
  ASSERT_THAT(
      database_->Read(
          absl::InfiniteFuture(),
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                rows, reader.Query("SELECT COUNT(*) FROM clv_score_block", {}));
            return absl::OkStatus();
          }),
      IsOk());
  EXPECT_EQ(std::get<int64_t>(rows[0][0]), 0);
}

}  // namespace
}  // namespace crm::analytical
