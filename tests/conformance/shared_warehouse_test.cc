// Two replicas of the analytical service, as they are run, over one PostgreSQL
// database that also holds their warehouse.

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "crm/internal/v1/consumers.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/app.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using analytical::v1::AnalyzePortfolioRequest;
using analytical::v1::PortfolioAnalysis;
using internal::v1::RebuildProjectionRequest;
using internal::v1::RebuildProjectionResponse;
using internal::v1::VerifyProjectionRequest;
using internal::v1::VerifyProjectionResponse;

constexpr absl::Duration kPatience = absl::Seconds(60);

class SharedWarehouseTest : public ::testing::Test {
 protected:
  SharedWarehouseTest()
      : operational_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})),
        first_(StartAnalytical("first")),
        second_(StartAnalytical("second")) {
    Must<v1::Product, v1::CreateProductRequest>(
        "ProductService.CreateProduct",
        "product_id: 'bolt' product { display_name: 'Bolt' sku: 'B' }");
  }

  // A replica with a folder of its own.
  std::unique_ptr<ServiceHarness> StartAnalytical(const std::string& name) {
    return std::make_unique<ServiceHarness>(
        authority_, "analytical", analytical::MakeAnalytical,
        [&](HostSettings& settings) {
          settings.data_dir = absl::StrCat(settings.data_dir, "-", name);
          settings.addresses["operational"] =
              absl::StrCat("127.0.0.1:", operational_.host().port());
        });
  }

  template <typename Response, typename Request>
  void Must(const std::string& method, const std::string& text) {
    EXPECT_THAT(operational_.client().Call<Response>(
                    "crm.operational.v1." + method, Proto<Request>(text),
                    {.token = token_}),
                IsOk())
        << text;
  }

  // Sells `count` times for 10 USD, each time to another customer.
  void Sell(int count) {
    for (int i = 0; i < count; ++i, ++sold_) {
      const std::string name = absl::StrCat("name: 'orders/order-", sold_, "'");
      Must<v1::Order, v1::CreateOrderRequest>(
          "OrderService.CreateOrder",
          absl::StrCat("order_id: 'order-", sold_,
                       "' order { currency_code: 'USD' lines { product: "
                       "'products/bolt' quantity: 1 unit_price { "
                       "currency_code: 'USD' units: 10 } } }"));
      Must<v1::Order, v1::SubmitOrderRequest>("OrderService.SubmitOrder", name);
      Must<v1::Order, v1::ConfirmOrderRequest>("OrderService.ConfirmOrder",
                                               name);
    }
  }

  // Waits until the replica counts every sale, and returns what it answers.
  PortfolioAnalysis AnalyzeAll(ServiceHarness& analytical) {
    const absl::Time deadline = absl::Now() + kPatience;
    PortfolioAnalysis analysis;
    while (analysis.customer_count() < sold_ && absl::Now() < deadline) {
      const auto answer = analytical.client().Call<PortfolioAnalysis>(
          "crm.analytical.v1.PortfolioAnalysisService.AnalyzePortfolio",
          AnalyzePortfolioRequest(), {.token = token_});
      if (answer.ok()) analysis = *answer;
    }
    EXPECT_EQ(analysis.customer_count(), sold_);
    EXPECT_EQ(analysis.total_revenue().units(), 10 * sold_);
    return analysis;
  }

  VerifyProjectionResponse Verify(ServiceHarness& analytical) {
    const auto answer = analytical.client().Call<VerifyProjectionResponse>(
        "crm.internal.v1.Consumers.VerifyProjection",
        Proto<VerifyProjectionRequest>("producer: 'operational'"),
        {.token = authority_.SystemToken()});
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? *answer : VerifyProjectionResponse();
  }

  TestAuthority authority_;
  ServiceHarness operational_;
  const std::string token_;
  std::unique_ptr<ServiceHarness> first_;
  std::unique_ptr<ServiceHarness> second_;
  int sold_ = 0;
};

TEST_F(SharedWarehouseTest, BothAnswerFromIt) {
  Sell(20);

  PortfolioAnalysis first = AnalyzeAll(*first_);
  PortfolioAnalysis second = AnalyzeAll(*second_);

  first.clear_freshness();
  second.clear_freshness();
  EXPECT_THAT(first, EqualsProto(second.DebugString()));
  EXPECT_FALSE(
      std::filesystem::exists(first_->settings().data_dir + "/warehouse"));
}

TEST_F(SharedWarehouseTest, OneGoesOnWithoutTheOther) {
  Sell(5);
  AnalyzeAll(*first_);

  first_.reset();
  Sell(10);
  AnalyzeAll(*second_);
  first_ = StartAnalytical("first");
  Sell(5);

  AnalyzeAll(*first_);
  AnalyzeAll(*second_);
  EXPECT_TRUE(Verify(*first_).equal());
}

TEST_F(SharedWarehouseTest, ARebuildInOneIsReadByTheOther) {
  Sell(10);
  AnalyzeAll(*second_);

  const auto rebuilt = first_->client().Call<RebuildProjectionResponse>(
      "crm.internal.v1.Consumers.RebuildProjection",
      Proto<RebuildProjectionRequest>("producer: 'operational'"),
      {.token = authority_.SystemToken()});

  ASSERT_THAT(rebuilt, IsOk());
  Sell(5);
  AnalyzeAll(*second_);
  AnalyzeAll(*first_);
  EXPECT_TRUE(Verify(*second_).equal());
}

}  // namespace
}  // namespace crm::testing
