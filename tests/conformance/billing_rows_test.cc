// Rows of the capability list on price books, invoices and subscriptions, as
// callers of the operational service see them.

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/credit_note.pb.h"
#include "crm/operational/v1/invoice.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "crm/operational/v1/price_book.pb.h"
#include "crm/operational/v1/price_book_entry.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/operational/v1/subscription.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

constexpr int kParallel = 16;
constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;

class BillingRows : public ::testing::Test {
 protected:
  BillingRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"sales_manager"})) {
    Must<v1::Product, v1::CreateProductRequest>(
        "ProductService.CreateProduct",
        "product_id: 'lamp' product { display_name: 'Lamp' sku: 'L1' "
        "list_price { currency_code: 'EUR' units: 10 } }");
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token = "") {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token.empty() ? token_ : token});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text,
                const std::string& token = "") {
    auto response = Call<Response, Request>(method, text, token);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void MakeBook() {
    Must<v1::PriceBook, v1::CreatePriceBookRequest>(
        "PriceBookService.CreatePriceBook",
        "price_book_id: 'retail' price_book { display_name: 'Retail' "
        "currency_code: 'EUR' }");
    Must<v1::PriceBook, v1::ActivatePriceBookRequest>(
        "PriceBookService.ActivatePriceBook", "name: 'priceBooks/retail'");
  }

  // An entry for lamps that cost so many EUR.
  absl::StatusOr<v1::PriceBookEntry> PutPrice(int units) {
    return Call<v1::PriceBookEntry, v1::CreatePriceBookEntryRequest>(
        "PriceBookEntryService.CreatePriceBookEntry",
        absl::StrCat("parent: 'priceBooks/retail' price_book_entry { product: "
                     "'products/lamp' prices { unit_price { currency_code: "
                     "'EUR' units: ",
                     units,
                     " } tiers { min_quantity: 5 unit_price { currency_code: "
                     "'EUR' units: 1 } } } }"));
  }

  // A confirmed order of so many lamps.
  void MakeOrder(absl::string_view id, int quantity) {
    Must<v1::Order, v1::CreateOrderRequest>(
        "OrderService.CreateOrder",
        absl::StrCat("order_id: '", id,
                     "' order { currency_code: 'EUR' lines { product: "
                     "'products/lamp' quantity: ",
                     quantity, " } }"));
    const std::string name = absl::StrCat("name: 'orders/", id, "'");
    Must<v1::Order, v1::SubmitOrderRequest>("OrderService.SubmitOrder", name);
    Must<v1::Order, v1::ConfirmOrderRequest>("OrderService.ConfirmOrder", name);
  }

  std::string Draft(absl::string_view order, absl::string_view lines = "") {
    return Must<v1::Invoice, v1::CreateInvoiceRequest>(
               "InvoiceService.CreateInvoice",
               absl::StrCat("invoice { order: 'orders/", order, "' ", lines,
                            " }"))
        .name();
  }

  absl::StatusOr<v1::Invoice> Issue(absl::string_view name,
                                    absl::string_view more = "") {
    return Call<v1::Invoice, v1::IssueInvoiceRequest>(
        "InvoiceService.IssueInvoice",
        absl::StrCat("name: '", name, "' ", more));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(BillingRows, B16_LinesTakeTheirPriceFromTheBookAndKeepIt) {
  MakeBook();
  const auto entry = PutPrice(8);
  ASSERT_THAT(entry, IsOk());
  constexpr char kQuote[] =
      "quote { currency_code: 'EUR' price_book: 'priceBooks/retail' "
      "lines { product: 'products/lamp' quantity: 2 } "
      "lines { product: 'products/lamp' quantity: 5 } }";

  const auto quote = Must<v1::Quote, v1::CreateQuoteRequest>(
      "QuoteService.CreateQuote", absl::StrCat("quote_id: 'q1' ", kQuote));
  Must<v1::PriceBookEntry, v1::UpdatePriceBookEntryRequest>(
      "PriceBookEntryService.UpdatePriceBookEntry",
      absl::StrCat("price_book_entry { name: '", entry->name(),
                   "' prices { unit_price { currency_code: 'EUR' units: 99 } "
                   "} }"));
  const auto noted = Must<v1::Quote, v1::UpdateQuoteRequest>(
      "QuoteService.UpdateQuote", "quote { name: 'quotes/q1' note: 'Hello' }");

  EXPECT_THAT(quote.totals().total(),
              EqualsProto("currency_code: 'EUR' units: 21"));
  EXPECT_THAT(noted.totals().total(),
              EqualsProto("currency_code: 'EUR' units: 21"));
  Must<v1::PriceBook, v1::RetirePriceBookRequest>(
      "PriceBookService.RetirePriceBook", "name: 'priceBooks/retail'");
  EXPECT_THAT((Call<v1::Quote, v1::CreateQuoteRequest>(
                  "QuoteService.CreateQuote", kQuote)),
              StatusIs(kRefused, "PRICE_BOOK_NOT_IN_USE"));
}

TEST_F(BillingRows, B16_ParallelCreatesLeaveOneEntryOfAProduct) {
  MakeBook();
  std::vector<absl::Status> outcomes(kParallel);
  std::vector<std::thread> callers;
  for (int i = 0; i < kParallel; ++i) {
    callers.emplace_back(
        [&, i] { outcomes[static_cast<size_t>(i)] = PutPrice(i).status(); });
  }
  for (std::thread& caller : callers) caller.join();

  int made = 0;
  for (const absl::Status& outcome : outcomes) {
    if (outcome.ok()) {
      ++made;
    } else {
      EXPECT_THAT(outcome, StatusIs(absl::StatusCode::kAlreadyExists,
                                    "UNIQUE_VALUE_TAKEN"));
    }
  }
  EXPECT_EQ(made, 1);
}

TEST_F(BillingRows, B17_ParallelIssuesNumberWithoutAGap) {
  MakeOrder("o1", kParallel);
  std::vector<std::string> drafts;
  for (int i = 0; i < kParallel; ++i) {
    drafts.push_back(Draft("o1", "lines { line_id: '1' quantity: 1 }"));
  }
  // What is only tried takes no number.
  ASSERT_THAT(Issue(drafts[0], "validate_only: true"), IsOk());

  std::vector<std::string> numbers(kParallel);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < kParallel; ++i) {
    callers.emplace_back([&, i] {
      const auto invoice = Issue(drafts[i]);
      EXPECT_THAT(invoice, IsOk());
      if (invoice.ok()) numbers[i] = invoice->invoice_number();
    });
  }
  for (std::thread& caller : callers) caller.join();

  const std::set<std::string> sorted(numbers.begin(), numbers.end());
  ASSERT_EQ(sorted.size(), static_cast<size_t>(kParallel));
  EXPECT_EQ(*sorted.begin(), "INV-000001");
  EXPECT_EQ(*sorted.rbegin(), "INV-000016");
  const auto order = Must<v1::Order, v1::GetOrderRequest>(
      "OrderService.GetOrder", "name: 'orders/o1'");
  EXPECT_EQ(order.invoiced_lines(0).quantity(), kParallel);
  EXPECT_THAT(order.invoiced_lines(0).net(),
              EqualsProto(absl::StrCat("currency_code: 'EUR' units: ",
                                       10 * kParallel)));
}

TEST_F(BillingRows, B17_OfParallelInvoicesOfAllOneIsIssued) {
  MakeOrder("o1", 3);
  std::vector<std::string> drafts;
  for (int i = 0; i < kParallel; ++i) drafts.push_back(Draft("o1"));

  std::vector<absl::Status> outcomes(kParallel);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < kParallel; ++i) {
    callers.emplace_back([&, i] { outcomes[i] = Issue(drafts[i]).status(); });
  }
  for (std::thread& caller : callers) caller.join();

  int issued = 0;
  for (const absl::Status& outcome : outcomes) {
    if (outcome.ok()) {
      ++issued;
    } else {
      EXPECT_THAT(outcome, StatusIs(kRefused, "INVOICE_TOO_MUCH"));
    }
  }
  EXPECT_EQ(issued, 1);
}

TEST_F(BillingRows, B17_AnInvoiceIsIssuedOncePaidOrWithdrawn) {
  MakeOrder("o1", 3);
  const std::string name = Draft("o1");
  const auto issued = Issue(name, "request_id: 'once'");
  const auto repeated = Issue(name, "request_id: 'once'");
  ASSERT_THAT(issued, IsOk());
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(issued->invoice_number(), repeated->invoice_number());
  EXPECT_THAT((Call<v1::Order, v1::CancelOrderRequest>(
                  "OrderService.CancelOrder", "name: 'orders/o1'")),
              StatusIs(kRefused, "ORDER_INVOICED"));

  Must<v1::Invoice, v1::VoidInvoiceRequest>(
      "InvoiceService.VoidInvoice",
      absl::StrCat("name: '", name, "' void_reason: 'A slip.'"));
  const auto again = Issue(Draft("o1"));

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->invoice_number(), "INV-000002");
  EXPECT_THAT(again->total(), EqualsProto("currency_code: 'EUR' units: 30"));
  const auto paid = Must<v1::Invoice, v1::PayInvoiceRequest>(
      "InvoiceService.PayInvoice", absl::StrCat("name: '", again->name(), "'"));
  EXPECT_EQ(paid.state(), v1::Invoice::PAID);
  EXPECT_EQ(paid.lines(0).net().units(), 30);
}

TEST_F(BillingRows, B17_OfParallelPaymentsThoseThatAreOpenAreTaken) {
  MakeOrder("o1", 3);
  const std::string name = Draft("o1");
  ASSERT_THAT(Issue(name), IsOk());
  const std::string payment = absl::StrCat(
      "name: '", name, "' amount { currency_code: 'EUR' units: 10 }");
  std::vector<absl::Status> outcomes(kParallel);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < kParallel; ++i) {
    callers.emplace_back([&, i] {
      outcomes[i] = Call<v1::Invoice, v1::RecordInvoicePaymentRequest>(
                        "InvoiceService.RecordInvoicePayment", payment)
                        .status();
    });
  }
  for (std::thread& caller : callers) caller.join();

  int taken = 0;
  for (const absl::Status& outcome : outcomes) {
    if (outcome.ok()) {
      ++taken;
    } else {
      // One that comes after the last is of an invoice that is PAID.
      EXPECT_THAT(outcome, StatusIs(kRefused, "ILLEGAL_TRANSITION"));
    }
  }
  EXPECT_EQ(taken, 3);
  const auto paid = Must<v1::Invoice, v1::GetInvoiceRequest>(
      "InvoiceService.GetInvoice", absl::StrCat("name: '", name, "'"));
  EXPECT_EQ(paid.state(), v1::Invoice::PAID);
  EXPECT_THAT(paid.paid_amount(),
              EqualsProto("currency_code: 'EUR' units: 30"));
}

TEST_F(BillingRows, B17_APaymentThatIsRepeatedCountsOnce) {
  MakeOrder("o1", 3);
  const std::string name = Draft("o1");
  ASSERT_THAT(Issue(name), IsOk());
  const std::string payment =
      absl::StrCat("name: '", name,
                   "' amount { currency_code: 'EUR' units: 10 } request_id: "
                   "'once'");
  for (int i = 0; i < 2; ++i) {
    const auto invoice = Must<v1::Invoice, v1::RecordInvoicePaymentRequest>(
        "InvoiceService.RecordInvoicePayment", payment);
    EXPECT_EQ(invoice.state(), v1::Invoice::PARTIALLY_PAID);
    EXPECT_EQ(invoice.payments_size(), 1);
  }
  EXPECT_THAT((Call<v1::Invoice, v1::VoidInvoiceRequest>(
                  "InvoiceService.VoidInvoice",
                  absl::StrCat("name: '", name, "' void_reason: 'No.'"))),
              StatusIs(kRefused, "ILLEGAL_TRANSITION"));

  const auto open = Must<v1::Invoice, v1::VoidInvoicePaymentRequest>(
      "InvoiceService.VoidInvoicePayment",
      absl::StrCat("name: '", name, "' payment_id: '1' reason: 'Bounced.'"));

  EXPECT_EQ(open.state(), v1::Invoice::ISSUED);
  EXPECT_EQ(open.payments(0).recorder(), "user:boss");
  EXPECT_THAT(open.open_amount(),
              EqualsProto("currency_code: 'EUR' units: 30"));
}

TEST_F(BillingRows, B17_ParallelCreditNotesTakeBackWhatThereIsWithoutAGap) {
  MakeOrder("o1", kParallel / 2);
  const std::string invoice = Draft("o1");
  ASSERT_THAT(Issue(invoice), IsOk());
  std::vector<std::string> drafts;
  for (int i = 0; i < kParallel; ++i) {
    drafts.push_back(Must<v1::CreditNote, v1::CreateCreditNoteRequest>(
                         "CreditNoteService.CreateCreditNote",
                         absl::StrCat("credit_note { invoice: '", invoice,
                                      "' lines { line_id: '1' quantity: 1 } }"))
                         .name());
  }
  std::vector<absl::StatusOr<v1::CreditNote>> notes(kParallel);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < kParallel; ++i) {
    callers.emplace_back([&, i] {
      notes[i] = Call<v1::CreditNote, v1::IssueCreditNoteRequest>(
          "CreditNoteService.IssueCreditNote",
          absl::StrCat("name: '", drafts[i], "'"));
    });
  }
  for (std::thread& caller : callers) caller.join();

  std::set<std::string> numbers;
  std::string issued;
  for (const auto& note : notes) {
    if (note.ok()) {
      numbers.insert(note->credit_note_number());
      issued = note->name();
    } else {
      EXPECT_THAT(note, StatusIs(kRefused, "CREDIT_TOO_MUCH"));
    }
  }
  ASSERT_EQ(numbers.size(), size_t{kParallel / 2});
  EXPECT_EQ(*numbers.begin(), "CN-000001");
  EXPECT_EQ(*numbers.rbegin(), "CN-000008");
  const auto credited = Must<v1::Invoice, v1::GetInvoiceRequest>(
      "InvoiceService.GetInvoice", absl::StrCat("name: '", invoice, "'"));
  EXPECT_THAT(credited.credited_amount(),
              EqualsProto(credited.total().ShortDebugString()));
  EXPECT_EQ(credited.state(), v1::Invoice::PAID);

  Must<v1::CreditNote, v1::VoidCreditNoteRequest>(
      "CreditNoteService.VoidCreditNote",
      absl::StrCat("name: '", issued, "' void_reason: 'A slip.'"));
  EXPECT_THAT((Call<v1::Invoice, v1::VoidInvoiceRequest>(
                  "InvoiceService.VoidInvoice",
                  absl::StrCat("name: '", invoice, "' void_reason: 'No.'"))),
              StatusIs(kRefused, "INVOICE_CREDITED"));
}

TEST_F(BillingRows, B18_WhatComesBackIsTakenFromWhatTheInvoiceAsksFor) {
  MakeOrder("o1", 3);
  const std::string invoice = Draft("o1");
  ASSERT_THAT(Issue(invoice), IsOk());
  Must<v1::Order, v1::FulfillOrderRequest>("OrderService.FulfillOrder",
                                           "name: 'orders/o1'");
  Must<v1::OrderReturn, v1::CreateOrderReturnRequest>(
      "OrderReturnService.CreateOrderReturn",
      "order_return_id: 'r1' order_return { order: 'orders/o1' lines { "
      "line_id: '1' quantity: 1 } }");
  Must<v1::OrderReturn, v1::ApproveOrderReturnRequest>(
      "OrderReturnService.ApproveOrderReturn", "name: 'orderReturns/r1'");
  const auto back = Must<v1::OrderReturn, v1::ReceiveOrderReturnRequest>(
      "OrderReturnService.ReceiveOrderReturn", "name: 'orderReturns/r1'");

  const auto note = Must<v1::CreditNote, v1::CreateCreditNoteRequest>(
      "CreditNoteService.CreateCreditNote",
      absl::StrCat("credit_note { invoice: '", invoice,
                   "' order_return: 'orderReturns/r1' lines { line_id: '1' "
                   "quantity: 1 } }"));
  Must<v1::CreditNote, v1::IssueCreditNoteRequest>(
      "CreditNoteService.IssueCreditNote",
      absl::StrCat("name: '", note.name(), "'"));

  EXPECT_THAT(note.total(), EqualsProto(back.refund().ShortDebugString()));
  const auto left = Must<v1::Invoice, v1::GetInvoiceRequest>(
      "InvoiceService.GetInvoice", absl::StrCat("name: '", invoice, "'"));
  EXPECT_THAT(left.open_amount(),
              EqualsProto("currency_code: 'EUR' units: 20"));
}

TEST_F(BillingRows, B19_RecurringRevenueIsThatOfActiveOnesTheCallerMayRead) {
  const std::string ada = authority_.Token("acme", "user:ada", {"sales_rep"});
  const std::string eve = authority_.Token("acme", "user:eve", {"sales_rep"});
  const auto make = [&](absl::string_view id, absl::string_view terms,
                        const std::string& token, bool active) {
    Must<v1::Subscription, v1::CreateSubscriptionRequest>(
        "SubscriptionService.CreateSubscription",
        absl::StrCat("subscription_id: '", id,
                     "' subscription { display_name: 'S' start_date { year: "
                     "2026 month: 1 day: 1 } ",
                     terms, " }"),
        token);
    if (!active) return;
    Must<v1::Subscription, v1::ActivateSubscriptionRequest>(
        "SubscriptionService.ActivateSubscription",
        absl::StrCat("name: 'subscriptions/", id, "'"), token);
  };
  constexpr char kYear[] =
      "interval: YEAR amount { currency_code: 'EUR' units: 120 }";
  constexpr char kMonth[] =
      "interval: MONTH amount { currency_code: 'USD' units: 7 }";
  make("s1", kYear, ada, true);
  make("s2", kMonth, ada, true);
  make("s3", kYear, eve, true);
  make("s4", kYear, ada, false);

  const auto mine =
      Must<v1::SumRecurringRevenueResponse, v1::SumRecurringRevenueRequest>(
          "SubscriptionService.SumRecurringRevenue", "", ada);
  const auto all =
      Must<v1::SumRecurringRevenueResponse, v1::SumRecurringRevenueRequest>(
          "SubscriptionService.SumRecurringRevenue", "");

  ASSERT_EQ(mine.revenues_size(), 2);
  EXPECT_THAT(mine.revenues(0),
              EqualsProto("monthly_amount { currency_code: 'EUR' units: 10 } "
                          "subscription_count: 1"));
  EXPECT_THAT(mine.revenues(1),
              EqualsProto("monthly_amount { currency_code: 'USD' units: 7 } "
                          "subscription_count: 1"));
  EXPECT_THAT(all.revenues(0),
              EqualsProto("monthly_amount { currency_code: 'EUR' units: 20 } "
                          "subscription_count: 2"));
}

}  // namespace
}  // namespace crm::testing
