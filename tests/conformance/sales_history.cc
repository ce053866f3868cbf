#include "tests/conformance/sales_history.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/internal/v1/feed.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::internal::v1::HeadFeedRequest;
using ::crm::internal::v1::HeadFeedResponse;

constexpr absl::Duration kPatience = absl::Seconds(30);

HeadFeedResponse HeadOf(ServiceHarness& service,
                        const std::string& system_token) {
  const auto head = service.client().Call<HeadFeedResponse>(
      "crm.internal.v1.Feed.Head", HeadFeedRequest(), {.token = system_token});
  EXPECT_THAT(head, IsOk());
  return head.ok() ? *head : HeadFeedResponse();
}

bool HasApplied(const HeadFeedResponse& consumer,
                const HeadFeedResponse& producer) {
  std::map<int, int64_t> applied;
  for (const auto& position : consumer.positions()) {
    applied[position.partition()] = position.seq();
  }
  for (int i = 0; i < producer.head_seqs_size(); ++i) {
    if (applied[i] < producer.head_seqs(i)) return false;
  }
  return true;
}

void Sell(ApiClient& client, const std::string& token) {
  const ApiOptions as_user{.token = token};
  const std::string prefix = "crm.operational.v1.";
  EXPECT_THAT(
      client.Call<v1::Product>(
          prefix + "ProductService.CreateProduct",
          Proto<v1::CreateProductRequest>(
              "product_id: 'sold' product { display_name: 'Sold' sku: 'S' }"),
          as_user),
      IsOk());
  EXPECT_THAT(
      client.Call<v1::Order>(
          prefix + "OrderService.CreateOrder",
          Proto<v1::CreateOrderRequest>(
              "order_id: 'sale' order { currency_code: 'USD' lines { product: "
              "'products/sold' quantity: 1 unit_price { currency_code: 'USD' "
              "units: 10 } } }"),
          as_user),
      IsOk());
  EXPECT_THAT(
      client.Call<v1::Order>(
          prefix + "OrderService.SubmitOrder",
          Proto<v1::SubmitOrderRequest>("name: 'orders/sale'"), as_user),
      IsOk());
  EXPECT_THAT(
      client.Call<v1::Order>(
          prefix + "OrderService.ConfirmOrder",
          Proto<v1::ConfirmOrderRequest>("name: 'orders/sale'"), as_user),
      IsOk());
}

}  // namespace

void GiveSalesHistory(ServiceHarness& operational, ServiceHarness& analytical,
                      const std::vector<std::string>& tokens,
                      const std::string& system_token) {
  for (const std::string& token : tokens) Sell(operational.client(), token);
  EXPECT_THAT(operational.host().relay().Flush(kPatience), IsOk());

  const HeadFeedResponse head = HeadOf(operational, system_token);
  const absl::Time give_up = absl::Now() + kPatience;
  while (!HasApplied(HeadOf(analytical, system_token), head)) {
    ASSERT_LT(absl::Now(), give_up) << "the sales were not applied";
  }
}

}  // namespace crm::testing
