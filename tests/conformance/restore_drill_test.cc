// The drill of a restore: what a service has after it is what it had at the
// backup, and who follows its events starts anew and comes to the same as one
// that never saw what was lost.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "crm/internal/v1/feed.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/app.h"
#include "services/host/backup.h"
#include "services/host/store_commands.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using analytical::v1::AnalyzePortfolioRequest;
using analytical::v1::PortfolioAnalysis;
using internal::v1::HeadFeedRequest;
using internal::v1::HeadFeedResponse;

constexpr absl::Duration kPatience = absl::Seconds(60);

class RestoreDrillTest : public ::testing::Test {
 protected:
  RestoreDrillTest()
      : token_(authority_.Token("acme", "user:ada", {"everyone"})) {
    StartOperational();
  }

  void StartOperational() {
    operational_ = std::make_unique<ServiceHarness>(
        authority_, "operational", operational::MakeOperational);
  }

  // An analytical service that keeps its files in a folder of this name.
  std::unique_ptr<ServiceHarness> StartAnalytical(const std::string& name) {
    return std::make_unique<ServiceHarness>(
        authority_, "analytical", analytical::MakeAnalytical,
        [&](HostSettings& settings) {
          settings.data_dir = absl::StrCat(settings.data_dir, "-", name);
          settings.addresses["operational"] =
              absl::StrCat("127.0.0.1:", operational_->host().port());
        });
  }

  template <typename Response, typename Request>
  void Must(const std::string& method, const std::string& text) {
    EXPECT_THAT(operational_->client().Call<Response>(
                    "crm.operational.v1." + method, Proto<Request>(text),
                    {.token = token_}),
                IsOk())
        << text;
  }

  void Sell(int number) {
    if (number == 0) {
      Must<v1::Product, v1::CreateProductRequest>(
          "ProductService.CreateProduct",
          "product_id: 'bolt' product { display_name: 'Bolt' sku: 'B' }");
    }
    const std::string order = absl::StrCat("order-", number);
    Must<v1::Order, v1::CreateOrderRequest>(
        "OrderService.CreateOrder",
        absl::StrCat("order_id: '", order,
                     "' order { currency_code: 'USD' lines { product: "
                     "'products/bolt' quantity: 1 unit_price { currency_code: "
                     "'USD' units: ",
                     10 + number, " } } }"));
    Must<v1::Order, v1::SubmitOrderRequest>(
        "OrderService.SubmitOrder", absl::StrCat("name: 'orders/", order, "'"));
    Must<v1::Order, v1::ConfirmOrderRequest>(
        "OrderService.ConfirmOrder",
        absl::StrCat("name: 'orders/", order, "'"));
  }

  HeadFeedResponse Head() {
    EXPECT_THAT(operational_->host().relay().Flush(kPatience), IsOk());
    const auto head = operational_->client().Call<HeadFeedResponse>(
        "crm.internal.v1.Feed.Head", HeadFeedRequest(),
        {.token = authority_.SystemToken()});
    EXPECT_THAT(head, IsOk());
    return head.ok() ? *head : HeadFeedResponse();
  }

  static bool Stands(const PortfolioAnalysis& analysis,
                     const HeadFeedResponse& head) {
    std::vector<int64_t> seqs(static_cast<size_t>(head.head_seqs_size()));
    for (const auto& position : analysis.freshness().positions()) {
      if (position.feed_epoch() != head.feed_epoch()) return false;
      seqs.at(static_cast<size_t>(position.partition())) = position.seq();
    }
    return std::equal(seqs.begin(), seqs.end(), head.head_seqs().begin());
  }

  // Returns what the service says of all sales, once it has applied all that
  // the operational service has.
  PortfolioAnalysis AnalyzeAll(ServiceHarness& analytical) {
    const HeadFeedResponse head = Head();
    const absl::Time deadline = absl::Now() + kPatience;
    PortfolioAnalysis analysis;
    do {
      const auto answer = analytical.client().Call<PortfolioAnalysis>(
          "crm.analytical.v1.PortfolioAnalysisService.AnalyzePortfolio",
          AnalyzePortfolioRequest(), {.token = token_});
      if (answer.ok()) analysis = *answer;
    } while (!Stands(analysis, head) && absl::Now() < deadline);
    EXPECT_TRUE(Stands(analysis, head)) << analysis.DebugString();
    analysis.clear_freshness();
    return analysis;
  }

  // Creates customers of these numbers in batches.
  void CreateCustomers(int count) {
    constexpr int kBatch = 500;
    for (int first = 0; first < count; first += kBatch) {
      v1::BatchCreateCustomersRequest request;
      for (int i = first; i < std::min(first + kBatch, count); ++i) {
        v1::CreateCustomerRequest& one = *request.add_requests();
        one.set_customer_id(absl::StrCat("customer-", i));
        one.mutable_customer()->set_display_name(absl::StrCat("Customer ", i));
        one.mutable_customer()->set_kind(v1::Customer::PERSON);
      }
      ASSERT_THAT(operational_->client().Call<v1::BatchCreateCustomersResponse>(
                      "crm.operational.v1.CustomerService.BatchCreateCustomers",
                      request, {.token = token_}),
                  IsOk());
    }
  }

  // Returns every row of the store but for the epoch and what comes whenever it
  // likes: leases, how far the followers of the feed are, the service itself
  // among them, and the chain, which is made behind the entries.
  std::multiset<std::string> Rows() {
    std::multiset<std::string> state;
    EXPECT_THAT(
        operational_->host().database().Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(SqlRows rows,
                                   reader.Query("PRAGMA integrity_check", {}));
              EXPECT_EQ(std::get<std::string>(rows[0][0]), "ok");
              CRM_ASSIGN_OR_RETURN(
                  const SqlRows tables,
                  reader.Query("SELECT name FROM sqlite_schema WHERE type = "
                               "'table' AND name NOT IN ('feed_state', "
                               "'feed_consumer', 'consumer_position', "
                               "'consumer_attempt', "
                               "'lease', 'lease_member') AND "
                               "name NOT GLOB 'audit_*' ORDER BY name",
                               {}));
              for (const SqlRow& table : tables) {
                const std::string& name = std::get<std::string>(table[0]);
                CRM_ASSIGN_OR_RETURN(
                    rows,
                    reader.Query(absl::StrCat("SELECT * FROM \"", name, "\""),
                                 {}));
                for (const SqlRow& row : rows) {
                  state.insert(absl::StrCat(name, ": ", LineOf(row)));
                }
              }
              return absl::OkStatus();
            }),
        IsOk());
    return state;
  }

  static std::string LineOf(const SqlRow& row) {
    std::string state;
    for (const SqlValue& value : row) {
      if (const auto* number = std::get_if<int64_t>(&value)) {
        absl::StrAppend(&state, "i", *number, ";");
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        absl::StrAppend(&state, "t", absl::CEscape(*text), ";");
      } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
        absl::StrAppend(&state, "b", absl::CEscape(blob->bytes), ";");
      } else if (const auto* real = std::get_if<double>(&value)) {
        absl::StrAppend(&state, "r", *real, ";");
      } else {
        absl::StrAppend(&state, "n;");
      }
    }
    return state;
  }

  TestAuthority authority_;
  const std::string token_;
  std::unique_ptr<ServiceHarness> operational_;
};

// How many customers are restored; more by CRM_RESTORE_CUSTOMERS.
int CustomersToRestore() {
  int count = 5'000;
  if (const char* wanted = std::getenv("CRM_RESTORE_CUSTOMERS")) {
    EXPECT_TRUE(absl::SimpleAtoi(wanted, &count));
  }
  return count;
}

TEST_F(RestoreDrillTest, AllIsAsAtTheBackupAndFollowersStartAnew) {
  for (int i = 0; i < 5; ++i) Sell(i);
  auto follower = StartAnalytical("follower");
  const PortfolioAnalysis at_backup = AnalyzeAll(*follower);
  EXPECT_EQ(at_backup.customer_count(), 5);
  const BackupPlace place = BackupPlaceOf(operational_->settings());
  const std::multiset<std::string> state = Rows();
  const int64_t epoch = Head().feed_epoch();
  ASSERT_THAT(CreateBackup(place, absl::Now()), IsOk());

  for (int i = 5; i < 12; ++i) Sell(i);
  EXPECT_EQ(AnalyzeAll(*follower).customer_count(), 12);
  EXPECT_NE(Rows(), state);
  follower.reset();
  operational_.reset();
  ASSERT_THAT(RestoreBackup(place, "", absl::Now()), IsOk());
  StartOperational();

  EXPECT_THAT(Rows(), ::testing::ContainerEq(state));
  EXPECT_GT(Head().feed_epoch(), epoch);
  follower = StartAnalytical("follower");
  const PortfolioAnalysis resynchronised = AnalyzeAll(*follower);
  const auto fresh = StartAnalytical("fresh");
  EXPECT_EQ(resynchronised.customer_count(), 5);
  EXPECT_EQ(resynchronised.total_revenue().units(),
            at_backup.total_revenue().units());
  EXPECT_EQ(AnalyzeAll(*fresh).total_revenue().units(),
            resynchronised.total_revenue().units());
  // What is written from now on arrives, at positions that were there before.
  Sell(20);
  EXPECT_EQ(AnalyzeAll(*follower).customer_count(), 6);
  EXPECT_EQ(AnalyzeAll(*fresh).customer_count(), 6);
}

TEST_F(RestoreDrillTest, ServesAgainWithinAMinuteAfterTheStoreIsLost) {
  const int count = CustomersToRestore();
  CreateCustomers(count);
  const BackupPlace place = BackupPlaceOf(operational_->settings());
  const auto manifest = CreateBackup(place, absl::Now());
  ASSERT_THAT(manifest, IsOk());
  operational_.reset();
  ASSERT_TRUE(std::filesystem::remove(place.store.path));

  const SystemClock clock;
  const absl::Duration lost = clock.Monotonic();
  ASSERT_THAT(RestoreBackup(place, "", absl::Now()), IsOk());
  const absl::Duration restored = clock.Monotonic();
  StartOperational();
  Must<v1::Customer, v1::GetCustomerRequest>(
      "CustomerService.GetCustomer",
      absl::StrCat("name: 'customers/customer-", count - 1, "'"));
  const absl::Duration served = clock.Monotonic();

  std::cout << count << " customers, " << (manifest->bytes >> 20)
            << " MiB: restored in " << absl::ToDoubleSeconds(restored - lost)
            << " s, serving after " << absl::ToDoubleSeconds(served - lost)
            << " s\n";
  EXPECT_LT(served - lost, absl::Minutes(1));
}

}  // namespace
}  // namespace crm::testing
