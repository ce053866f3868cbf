#include "services/operational/domain/invoice.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "services/operational/domain/order.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

class InvoiceTest : public ::testing::Test {
 protected:
  InvoiceTest() {
    order_ = Parse<v1::Order>(
        "name: 'orders/o' customer: 'customers/c' account: 'accounts/a' "
        "currency_code: 'EUR' state: CONFIRMED "
        "lines { line_id: '1' product: 'products/lamp' product_name: 'Lamp' "
        "        quantity: 3 unit_price { currency_code: 'EUR' nanos: "
        "333333335 } "
        "        tax_rate_millionths: 190000 } "
        "lines { line_id: '2' product: 'products/desk' quantity: 2 "
        "        unit_price { currency_code: 'EUR' units: 5 } }");
    EXPECT_THAT(PriceOrder(order_), IsOk());
    context_.now = kNow;
    context_.find =
        [this](const google::protobuf::Descriptor* /*type*/,
               absl::string_view name) -> const google::protobuf::Message* {
      return name == order_.name() ? &order_ : nullptr;
    };
  }

  static v1::Invoice Draft(const std::string& fields) {
    return Parse<v1::Invoice>(absl::StrCat(
        "name: 'invoices/i' order: 'orders/o' state: DRAFT ", fields));
  }

  absl::Status Write(v1::Invoice& invoice) {
    return PrepareInvoice(nullptr, invoice, context_);
  }

  // Writes and issues an invoice.
  v1::Invoice MustIssue(const std::string& fields) {
    v1::Invoice invoice = Draft(fields);
    EXPECT_THAT(Write(invoice), IsOk());
    invoice.set_state(v1::Invoice::ISSUED);
    EXPECT_THAT(Issue(kNow, invoice, order_), IsOk());
    return invoice;
  }

  v1::Order order_;
  RuleContext context_;
};

TEST_F(InvoiceTest, B17_IsOfAllThatIsLeftOfItsOrder) {
  v1::Invoice invoice = Draft("");

  ASSERT_THAT(Write(invoice), IsOk());

  EXPECT_EQ(invoice.customer(), "customers/c");
  EXPECT_EQ(invoice.account(), "accounts/a");
  ASSERT_EQ(invoice.lines_size(), 2);
  EXPECT_EQ(invoice.lines(0).quantity(), 3);
  EXPECT_EQ(invoice.lines(0).product_name(), "Lamp");
  EXPECT_THAT(invoice.exact_total(),
              EqualsProto("currency_code: 'EUR' units: 11 nanos: 190000006"));
  EXPECT_THAT(invoice.total(),
              EqualsProto("currency_code: 'EUR' units: 11 nanos: 190000000"));
  EXPECT_THAT(invoice.rounding(),
              EqualsProto("currency_code: 'EUR' nanos: -6"));
  EXPECT_TRUE(order_.invoiced_lines().empty());
}

TEST_F(InvoiceTest, B17_AsksForEachUnitOnce) {
  MustIssue("lines { line_id: '1' quantity: 2 }");
  v1::Invoice more = Draft("lines { line_id: '1' quantity: 2 }");
  v1::Invoice rest = Draft("");

  EXPECT_THAT(Write(more), StatusIs(kRefused, "INVOICE_TOO_MUCH"));
  ASSERT_THAT(Write(rest), IsOk());
  ASSERT_EQ(rest.lines_size(), 2);
  EXPECT_EQ(rest.lines(0).quantity(), 1);
}

TEST_F(InvoiceTest, B17_ADraftDoesNotTakeWhatAnotherWasIssuedFor) {
  v1::Invoice draft = Draft("");
  ASSERT_THAT(Write(draft), IsOk());
  MustIssue("lines { line_id: '2' quantity: 1 }");

  EXPECT_THAT(Issue(kNow, draft, order_),
              StatusIs(kRefused, "INVOICE_TOO_MUCH"));
}

TEST_F(InvoiceTest, B17_ADraftStaysWhateverBecameOfItsOrder) {
  v1::Invoice draft = Draft("");
  ASSERT_THAT(Write(draft), IsOk());
  MustIssue("lines { line_id: '2' quantity: 1 }");
  order_.set_customer("customers/other");
  v1::Invoice wanted = draft;
  wanted.set_customer("customers/other");
  v1::Invoice noted = draft;
  // What a client sends has no more than it may write.
  noted.mutable_lines(0)->clear_net();

  EXPECT_THAT(PrepareInvoice(&draft, noted, context_), IsOk());

  EXPECT_THAT(noted, EqualsProto(wanted.ShortDebugString()));
  // Written anew, it is worked out by what is left.
  v1::Invoice more = draft;
  more.mutable_lines(0)->set_quantity(2);
  EXPECT_THAT(PrepareInvoice(&draft, more, context_),
              StatusIs(kRefused, "INVOICE_TOO_MUCH"));
  v1::Invoice rest = draft;
  rest.clear_lines();
  EXPECT_THAT(PrepareInvoice(&draft, rest, context_), IsOk());
  ASSERT_EQ(rest.lines_size(), 2);
  EXPECT_EQ(rest.lines(1).quantity(), 1);
}

TEST_F(InvoiceTest, B17_WhatIsWithdrawnCanBeInvoicedAgain) {
  const v1::Order before = order_;
  const v1::Invoice issued = MustIssue("");

  GiveBack(issued, order_);

  EXPECT_EQ(order_.SerializeAsString(), before.SerializeAsString());
}

TEST_F(InvoiceTest, B17_IssuesWhatIsConfirmedDueAndSomething) {
  struct Case {
    v1::Order::State state;
    const char* due;
    bool empty;
    const char* reason;
  };
  const Case kCases[] = {
      {v1::Order::CONFIRMED, "", false, ""},
      {v1::Order::CONFIRMED, "due_date { year: 2023 month: 11 day: 14 }", false,
       ""},
      {v1::Order::CONFIRMED, "due_date { year: 2023 month: 11 day: 13 }", false,
       "INVOICE_DUE_TOO_SOON"},
      {v1::Order::SUBMITTED, "", false, "ORDER_NOT_CONFIRMED"},
      {v1::Order::CANCELLED, "", false, "ORDER_NOT_CONFIRMED"},
      {v1::Order::CONFIRMED, "", true, "INVOICE_EMPTY"},
  };
  for (const Case& test : kCases) {
    v1::Order order = order_;
    order.set_state(test.state);
    v1::Invoice invoice = Draft(test.due);
    ASSERT_THAT(Write(invoice), IsOk());
    if (test.empty) invoice.clear_lines();

    const absl::Status status = Issue(kNow, invoice, order);

    if (*test.reason == '\0') {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status, StatusIs(kRefused, test.reason));
    }
  }
}

TEST_F(InvoiceTest, B17_WhatWasIssuedNeverChanges) {
  const v1::Invoice issued = MustIssue("");
  v1::Invoice fewer = issued;
  fewer.mutable_lines()->RemoveLast();
  v1::Invoice later = issued;
  later.mutable_due_date()->set_year(2030);
  v1::Invoice same = issued;
  for (auto& line : *same.mutable_lines()) line.clear_net();

  EXPECT_THAT(PrepareInvoice(&issued, fewer, context_),
              StatusIs(kRefused, "INVOICE_NOT_DRAFT"));
  EXPECT_THAT(PrepareInvoice(&issued, later, context_),
              StatusIs(kRefused, "INVOICE_NOT_DRAFT"));
  ASSERT_THAT(PrepareInvoice(&issued, same, context_), IsOk());
  EXPECT_EQ(same.SerializeAsString(), issued.SerializeAsString());
}

TEST_F(InvoiceTest, B17_NamesLinesOfTheOrderOnce) {
  v1::Invoice invoice = Draft(
      "lines { line_id: '1' quantity: 1 } lines { line_id: '1' quantity: 1 } "
      "lines { line_id: '9' quantity: 1 }");

  EXPECT_EQ(FieldViolations(Write(invoice)).size(), 2u);
}

TEST_F(InvoiceTest, B17_PartsComeToTheLineExactlyWhateverIsWithdrawn) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 2'000; ++round) {
    order_ = Parse<v1::Order>(absl::StrCat(
        "name: 'orders/o' currency_code: 'EUR' state: CONFIRMED "
        "discount_millionths: ",
        random() % 1'000'001,
        " lines { line_id: '1' tax_rate_millionths: 190000 quantity: ",
        random() % 40 + 1, " unit_price { currency_code: 'EUR' nanos: ",
        random() % 1'000'000'000, " } }"));
    ASSERT_THAT(PriceOrder(order_), IsOk());
    std::vector<v1::Invoice> live;
    for (int step = 0; step < 200; ++step) {
      const int64_t invoiced = order_.invoiced_lines().empty()
                                   ? 0
                                   : order_.invoiced_lines(0).quantity();
      const int64_t left = order_.lines(0).quantity() - invoiced;
      if (left == 0) break;
      if (!live.empty() && random() % 4 == 0) {
        const size_t which = random() % live.size();
        GiveBack(live[which], order_);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      live.push_back(MustIssue(
          absl::StrCat("lines { line_id: '1' quantity: ",
                       random() % static_cast<uint64_t>(left) + 1, " }")));
    }
    if (order_.invoiced_lines().empty() ||
        order_.invoiced_lines(0).quantity() < order_.lines(0).quantity()) {
      live.push_back(MustIssue(""));
    }

    absl::int128 sum = 0;
    for (const v1::Invoice& invoice : live) {
      sum += ToNanos(invoice.exact_total());
      EXPECT_EQ(ToNanos(invoice.total()),
                ToNanos(invoice.exact_total()) + ToNanos(invoice.rounding()));
    }
    EXPECT_EQ(sum, ToNanos(order_.totals().total()));
  }
}

TEST(RoundToMinorUnit, B17_GoesByTheDigitsOfTheCurrency) {
  struct Case {
    const char* currency;
    int64_t nanos;
    int64_t rounded;
  };
  const Case kCases[] = {
      {"EUR", 1'005'000'000, 1'000'000'000},
      {"EUR", 1'015'000'000, 1'020'000'000},
      {"EUR", -1'015'000'000, -1'020'000'000},
      {"EUR", 1'004'999'999, 1'000'000'000},
      {"JPY", 1'500'000'000, 2'000'000'000},
      {"JPY", 2'500'000'000, 2'000'000'000},
      {"KWD", 1'000'500'000, 1'000'000'000},
      {"CLF", 1'000'150'000, 1'000'200'000},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(RoundToMinorUnit(test.currency, test.nanos), test.rounded)
        << test.currency << " " << test.nanos;
  }
}

}  // namespace
}  // namespace crm::operational
