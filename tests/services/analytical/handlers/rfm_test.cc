#include "services/analytical/handlers/rfm.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/handlers/portfolio.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using ::testing::IsEmpty;
using testing::kTenant;
using testing::Midnight;
using ::testing::SizeIs;
using testing::WarehouseFeeder;

// Runs handlers on the analytical resources over a store of their own.
class AnalyticalHandlersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    application_.Owns<v1::RfmSnapshot>().Owns<v1::PortfolioAnalysis>().Keeps(
        ScoreBlockTable(kRfmScoreBlocks));
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

  // Adds `count` customers with one order each, named so that they sort.
  void AddCustomers(int count) {
    std::vector<testing::Purchase> purchases;
    for (int i = 0; i < count; ++i) {
      purchases.push_back({absl::StrCat("c", 10'000 + i),
                           Midnight("2020-01-01"),
                           absl::int128{i + 1} * 1'000'000'000});
    }
    feeder_.AddPurchases(purchases);
  }

  // Runs `body` in a transaction and returns its error, or the transaction's.
  absl::Status Run(const std::function<absl::Status(Transaction&)>& body) {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, application_.catalog(), call_, ids_,
                                  feeder_.clock().Now());
          CRM_RETURN_IF_ERROR(body(transaction));
          return transaction.status();
        });
  }

  absl::StatusOr<v1::RfmSnapshot> Create(
      const v1::CreateRfmSnapshotRequest& request) {
    v1::RfmSnapshot snapshot;
    CRM_ASSIGN_OR_RETURN(const PreparedRfm prepared,
                         PrepareRfmSnapshot(analytics_, call_, request));
    CRM_RETURN_IF_ERROR(Run([&](Transaction& transaction) -> absl::Status {
      CRM_ASSIGN_OR_RETURN(
          snapshot,
          HandleCreateRfmSnapshot(prepared, transaction, call_, request));
      return absl::OkStatus();
    }));
    return snapshot;
  }

  absl::StatusOr<v1::ListRfmScoresResponse> List(
      const v1::ListRfmScoresRequest& request) {
    v1::ListRfmScoresResponse response;
    CRM_RETURN_IF_ERROR(database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, application_.catalog(), kTenant);
          CRM_ASSIGN_OR_RETURN(
              response, HandleListRfmScores(analytics_, view, call_, request));
          return absl::OkStatus();
        }));
    return response;
  }

  int64_t BlockCount() {
    SqlRows rows;
    EXPECT_THAT(
        database_->Read(absl::InfiniteFuture(),
                        [&](SqlReader& reader) -> absl::Status {
                          CRM_ASSIGN_OR_RETURN(
                              rows,
                              reader.Query(
                                  "SELECT COUNT(*) FROM rfm_score_block", {}));
                          return absl::OkStatus();
                        }),
        IsOk());
    return std::get<int64_t>(rows[0][0]);
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

TEST_F(AnalyticalHandlersTest, CreatesASnapshotOfTheConfirmedOrders) {
  feeder_.Add(WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5));
  feeder_.Add(WarehouseFeeder::MakeOrder("b", "bea", "2020-01-11", 7));
  v1::CreateRfmSnapshotRequest request;
  request.set_rfm_snapshot_id("winter");
  request.mutable_rfm_snapshot()->set_display_name("Winter");
  request.mutable_rfm_snapshot()->set_customer_count(99);

  auto snapshot = Create(request);

  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(snapshot->freshness().positions(0).seq(), 2);
  EXPECT_FALSE(snapshot->uid().empty());
  EXPECT_FALSE(snapshot->etag().empty());
  for (const char* field : {"freshness", "uid", "etag", "create_time",
                            "update_time", "creator", "updater", "bands"}) {
    snapshot->GetReflection()->ClearField(
        &*snapshot, snapshot->GetDescriptor()->FindFieldByName(field));
  }
  EXPECT_THAT(*snapshot, EqualsProto(R"pb(
    name: "rfmSnapshots/winter"
    display_name: "Winter"
    as_of_time { seconds: 1578700800 }
    currency_code: "USD"
    customer_count: 2
  )pb"));
}

TEST_F(AnalyticalHandlersTest, CreatesNoSnapshotWithoutOrders) {
  EXPECT_THAT(Create({}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_ORDERS"));
}

TEST_F(AnalyticalHandlersTest, RefusesABadSnapshotId) {
  feeder_.Add(WarehouseFeeder::MakeOrder("a", "ada", "2020-01-01", 5));
  v1::CreateRfmSnapshotRequest request;
  request.set_rfm_snapshot_id("Not An Id");

  EXPECT_THAT(Create(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AnalyticalHandlersTest, PagesThroughTheScoresAcrossBlocks) {
  AddCustomers(2'100);
  const auto snapshot = Create({});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(BlockCount(), 3);

  v1::ListRfmScoresRequest request;
  request.set_name(snapshot->name());
  request.set_page_size(700);
  std::vector<std::string> customers;
  int pages = 0;
  do {
    const auto page = List(request);
    ASSERT_THAT(page, IsOk());
    for (const auto& score : page->scores()) {
      customers.push_back(score.customer());
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());

  EXPECT_EQ(pages, 3);
  ASSERT_THAT(customers, SizeIs(2'100));
  EXPECT_TRUE(std::is_sorted(customers.begin(), customers.end()));
  EXPECT_EQ(std::unique(customers.begin(), customers.end()), customers.end());
}

TEST_F(AnalyticalHandlersTest, KeepsTheScoresWhenOrdersChange) {
  AddCustomers(3);
  const auto snapshot = Create({});
  ASSERT_THAT(snapshot, IsOk());
  v1::ListRfmScoresRequest request;
  request.set_name(snapshot->name());
  const auto before = List(request);
  ASSERT_THAT(before, IsOk());

  feeder_.Add(WarehouseFeeder::MakeOrder("late", "c10000", "2021-01-01", 500));
  ASSERT_THAT(feeder_.applier().Resync("operational", 2), IsOk());

  const auto after = List(request);
  ASSERT_THAT(after, IsOk());
  EXPECT_THAT(*after, EqualsProto(before->DebugString()));
}

TEST_F(AnalyticalHandlersTest, BindsPageTokensToTheSnapshotAndTheCaller) {
  AddCustomers(3);
  const auto first = Create({});
  const auto second = Create({});
  ASSERT_THAT(second, IsOk());
  v1::ListRfmScoresRequest request;
  request.set_name(first->name());
  request.set_page_size(1);
  const auto page = List(request);
  ASSERT_THAT(page, IsOk());

  request.set_page_token(page->next_page_token());
  request.set_name(second->name());
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "PAGE_TOKEN_MISMATCH"));
  request.set_name(first->name());
  call_.principal.subject = "user:bea";
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "PAGE_TOKEN_MISMATCH"));
  request.set_page_token("forged");
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "PAGE_TOKEN_INVALID"));
}

TEST_F(AnalyticalHandlersTest, FindsNoScoresOfAMissingSnapshot) {
  v1::ListRfmScoresRequest request;
  request.set_name("rfmSnapshots/none");

  EXPECT_EQ(List(request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AnalyticalHandlersTest, DeletesTheScoresWithTheSnapshot) {
  AddCustomers(3);
  const auto snapshot = Create({});
  const auto other = Create({});
  ASSERT_THAT(other, IsOk());
  v1::DeleteRfmSnapshotRequest request;
  request.set_name(snapshot->name());
  const auto remove = [&](Transaction& transaction) {
    return HandleDeleteRfmSnapshot(transaction, call_, request).status();
  };

  ASSERT_THAT(Run(remove), IsOk());

  EXPECT_EQ(BlockCount(), 1);
  EXPECT_EQ(Run(remove).code(), absl::StatusCode::kNotFound);
  request.set_allow_missing(true);
  EXPECT_THAT(Run(remove), IsOk());
}

TEST_F(AnalyticalHandlersTest, KeepsTheScoresWhenTheEtagIsStale) {
  AddCustomers(3);
  const auto snapshot = Create({});
  ASSERT_THAT(snapshot, IsOk());
  v1::DeleteRfmSnapshotRequest request;
  request.set_name(snapshot->name());
  request.set_etag("\"stale\"");

  EXPECT_THAT(
      Run([&](Transaction& transaction) {
        return HandleDeleteRfmSnapshot(transaction, call_, request).status();
      }),
      StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));

  EXPECT_EQ(BlockCount(), 1);
}

TEST_F(AnalyticalHandlersTest, KeepsThePortfolioAnalysisThatItCreates) {
  AddCustomers(10);
  v1::CreatePortfolioAnalysisRequest request;
  request.mutable_portfolio_analysis()->set_top_fraction_millionths(500'000);
  const auto prepared = PreparePortfolioAnalysis(analytics_, call_, request);
  ASSERT_THAT(prepared, IsOk());
  v1::PortfolioAnalysis created;
  ASSERT_THAT(Run([&](Transaction& transaction) -> absl::Status {
                CRM_ASSIGN_OR_RETURN(
                    created, HandleCreatePortfolioAnalysis(
                                 *prepared, transaction, call_, request));
                return absl::OkStatus();
              }),
              IsOk());

  EXPECT_EQ(created.customer_count(), 10);
  EXPECT_EQ(created.top_customer_count(), 5);
  EXPECT_EQ(created.total_revenue().units(), 55);
  EXPECT_EQ(created.top_revenue().units(), 40);
  EXPECT_THAT(created.name(), ::testing::StartsWith("portfolioAnalyses/"));
}

TEST_F(AnalyticalHandlersTest, AnalyzesWithoutKeeping) {
  AddCustomers(10);

  const auto analysis = HandleAnalyzePortfolio(analytics_, call_, {});

  ASSERT_THAT(analysis, IsOk());
  EXPECT_THAT(analysis->name(), IsEmpty());
  EXPECT_EQ(analysis->top_fraction_millionths(), 200'000);
  EXPECT_EQ(analysis->top_customer_count(), 2);
}

}  // namespace
}  // namespace crm::analytical
