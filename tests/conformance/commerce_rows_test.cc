// Rows of the capability list on quotes, orders and returns, as callers of the
// operational service see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/operational/v1/tax_class.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

class CommerceRows : public ::testing::Test {
 protected:
  CommerceRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"sales_manager"})) {
    Must<v1::TaxClass, v1::CreateTaxClassRequest>(
        "TaxClassService.CreateTaxClass",
        "tax_class_id: 'standard' "
        "tax_class { display_name: 'Standard' rate_millionths: 190000 }");
    Must<v1::Product, v1::CreateProductRequest>(
        "ProductService.CreateProduct",
        "product_id: 'lamp' product { display_name: 'Lamp' sku: 'L1' "
        "tax_class: 'taxClasses/standard' "
        "list_price { currency_code: 'EUR' units: 10 } }");
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token_});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  v1::Quote SendQuote(absl::string_view id) {
    Must<v1::Quote, v1::CreateQuoteRequest>(
        "QuoteService.CreateQuote",
        absl::StrCat("quote_id: '", id,
                     "' quote { currency_code: 'EUR' "
                     "discount_millionths: 100000 "
                     "expire_time { seconds: 32503680000 } "
                     "lines { product: 'products/lamp' quantity: 3 } }"));
    return Must<v1::Quote, v1::SendQuoteRequest>(
        "QuoteService.SendQuote", absl::StrCat("name: 'quotes/", id, "'"));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(CommerceRows, B17_AQuoteBecomesAnOrderOnce) {
  const v1::Quote sent = SendQuote("q1");
  EXPECT_THAT(sent.totals().total(),
              EqualsProto("currency_code: 'EUR' units: 32 nanos: 130000000"));

  const auto accepted = Must<v1::Quote, v1::AcceptQuoteRequest>(
      "QuoteService.AcceptQuote", "name: 'quotes/q1' request_id: 'once'");
  const auto repeated = Must<v1::Quote, v1::AcceptQuoteRequest>(
      "QuoteService.AcceptQuote", "name: 'quotes/q1' request_id: 'once'");
  const auto again = Call<v1::Quote, v1::AcceptQuoteRequest>(
      "QuoteService.AcceptQuote", "name: 'quotes/q1'");

  EXPECT_EQ(accepted.order(), repeated.order());
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kFailedPrecondition,
                              "ILLEGAL_TRANSITION"));
  const auto order = Must<v1::Order, v1::GetOrderRequest>(
      "OrderService.GetOrder", absl::StrCat("name: '", accepted.order(), "'"));
  EXPECT_EQ(order.state(), v1::Order::SUBMITTED);
  EXPECT_EQ(order.quote(), "quotes/q1");
  EXPECT_EQ(order.customer(), sent.customer());
  EXPECT_THAT(order.total(),
              EqualsProto("currency_code: 'EUR' units: 32 nanos: 130000000"));
}

TEST_F(CommerceRows, B17_ANewerVersionTakesThePlaceOfAQuote) {
  SendQuote("q1");
  const auto draft = Must<v1::Quote, v1::ReviseQuoteRequest>(
      "QuoteService.ReviseQuote", "name: 'quotes/q1'");
  EXPECT_EQ(draft.version(), 2);
  Must<v1::Quote, v1::UpdateQuoteRequest>(
      "QuoteService.UpdateQuote",
      absl::StrCat("quote { name: '", draft.name(),
                   "' expire_time { seconds: 32503680000 } } "
                   "update_mask { paths: 'expire_time' }"));

  Must<v1::Quote, v1::SendQuoteRequest>(
      "QuoteService.SendQuote", absl::StrCat("name: '", draft.name(), "'"));

  const auto old = Must<v1::Quote, v1::GetQuoteRequest>("QuoteService.GetQuote",
                                                        "name: 'quotes/q1'");
  EXPECT_EQ(old.state(), v1::Quote::SUPERSEDED);
  EXPECT_THAT(
      (Call<v1::Quote, v1::AcceptQuoteRequest>("QuoteService.AcceptQuote",
                                               "name: 'quotes/q1'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

TEST_F(CommerceRows, OP_04_AReturnRestoresTheQuantityOnce) {
  SendQuote("q1");
  const std::string order = Must<v1::Quote, v1::AcceptQuoteRequest>(
                                "QuoteService.AcceptQuote", "name: 'quotes/q1'")
                                .order();
  const std::string name = absl::StrCat("name: '", order, "'");
  Must<v1::Order, v1::ConfirmOrderRequest>("OrderService.ConfirmOrder", name);
  const auto part = Must<v1::Order, v1::FulfillOrderRequest>(
      "OrderService.FulfillOrder",
      absl::StrCat(name, " fulfilled_lines { line_id: '1' quantity: 2 }"));
  EXPECT_EQ(part.fulfillment(), v1::Order::PARTIAL);
  const std::string request =
      absl::StrCat("order_return_id: 'r1' order_return { order: '", order,
                   "' lines { line_id: '1' quantity: 2 } }");
  const auto back = Must<v1::OrderReturn, v1::CreateOrderReturnRequest>(
      "OrderReturnService.CreateOrderReturn", request);
  EXPECT_EQ(back.customer(), part.customer());
  EXPECT_THAT(
      (Call<v1::OrderReturn, v1::ReceiveOrderReturnRequest>(
          "OrderReturnService.ReceiveOrderReturn", "name: 'orderReturns/r1'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  Must<v1::OrderReturn, v1::ApproveOrderReturnRequest>(
      "OrderReturnService.ApproveOrderReturn", "name: 'orderReturns/r1'");

  const auto received = Must<v1::OrderReturn, v1::ReceiveOrderReturnRequest>(
      "OrderReturnService.ReceiveOrderReturn", "name: 'orderReturns/r1'");

  // Two of three units, each 9 EUR net and 19 % tax.
  EXPECT_THAT(received.refund(),
              EqualsProto("currency_code: 'EUR' units: 21 nanos: 420000000"));
  const auto after =
      Must<v1::Order, v1::GetOrderRequest>("OrderService.GetOrder", name);
  EXPECT_EQ(after.lines(0).returned_quantity(), 2);
  EXPECT_THAT(
      (Call<v1::OrderReturn, v1::CreateOrderReturnRequest>(
          "OrderReturnService.CreateOrderReturn",
          absl::StrCat("order_return { order: '", order,
                       "' lines { line_id: '1' quantity: 1 } }"))),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RETURN_TOO_MUCH"));
}

}  // namespace
}  // namespace crm::testing
