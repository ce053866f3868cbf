#include "services/operational/domain/credit_note.h"

#include <random>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order_return.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/operational/domain/invoice.h"
#include "services/operational/domain/invoice_payment.h"
#include "services/operational/domain/order.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// Issues an invoice of all of an order.
v1::Invoice InvoiceOf(v1::Order order) {
  order.set_name("orders/o");
  order.set_currency_code("EUR");
  order.set_state(v1::Order::CONFIRMED);
  EXPECT_THAT(PriceOrder(order), IsOk());
  auto invoice = Parse<v1::Invoice>(
      "name: 'invoices/i' order: 'orders/o' customer: 'customers/c' "
      "account: 'accounts/a' state: ISSUED");
  for (const v1::OrderLine& line : order.lines()) {
    invoice.add_lines()->set_line_id(line.line_id());
    invoice.mutable_lines()->rbegin()->set_quantity(line.quantity());
  }
  EXPECT_THAT(Issue(kNow, invoice, order), IsOk());
  return invoice;
}

class CreditNoteTest : public ::testing::Test {
 protected:
  CreditNoteTest()
      : invoice_(InvoiceOf(Parse<v1::Order>(
            "lines { line_id: '1' product: 'products/lamp' product_name: "
            "'Lamp' quantity: 3 tax_rate_millionths: 190000 "
            "        unit_price { currency_code: 'EUR' nanos: 333333335 } } "
            "lines { line_id: '2' quantity: 2 "
            "        unit_price { currency_code: 'EUR' units: 5 } }"))) {
    context_.now = kNow;
    context_.find =
        [this](const google::protobuf::Descriptor* /*type*/,
               absl::string_view name) -> const google::protobuf::Message* {
      if (name == return_.name()) return &return_;
      return name == invoice_.name() ? &invoice_ : nullptr;
    };
  }

  static v1::CreditNote Draft(const std::string& fields) {
    return Parse<v1::CreditNote>(absl::StrCat(
        "name: 'creditNotes/n' invoice: 'invoices/i' state: DRAFT ", fields));
  }

  absl::Status Write(v1::CreditNote& note) {
    return PrepareCreditNote(nullptr, note, context_);
  }

  // Writes and issues a credit note.
  v1::CreditNote MustIssue(const std::string& fields) {
    v1::CreditNote note = Draft(fields);
    EXPECT_THAT(Write(note), IsOk());
    note.set_state(v1::CreditNote::ISSUED);
    EXPECT_THAT(IssueCredit(kNow, note, invoice_), IsOk());
    return note;
  }

  v1::Invoice invoice_;
  v1::OrderReturn return_ =
      Parse<v1::OrderReturn>("name: 'orderReturns/r' order: 'orders/o'");
  RuleContext context_;
};

TEST_F(CreditNoteTest, B17_IsOfAllThatIsLeftOfItsInvoice) {
  v1::CreditNote note = Draft("");

  ASSERT_THAT(Write(note), IsOk());

  EXPECT_EQ(note.order(), "orders/o");
  EXPECT_EQ(note.customer(), "customers/c");
  EXPECT_EQ(note.account(), "accounts/a");
  ASSERT_EQ(note.lines_size(), 2);
  EXPECT_EQ(note.lines(0).quantity(), 3);
  EXPECT_EQ(note.lines(0).product_name(), "Lamp");
  EXPECT_THAT(note.exact_total(),
              EqualsProto(invoice_.exact_total().ShortDebugString()));
  EXPECT_THAT(note.total(), EqualsProto(invoice_.total().ShortDebugString()));
  EXPECT_THAT(note.rounding(),
              EqualsProto(invoice_.rounding().ShortDebugString()));
  EXPECT_TRUE(invoice_.credited_lines().empty());
}

TEST_F(CreditNoteTest, B17_TakesEachUnitBackOnce) {
  MustIssue("lines { line_id: '1' quantity: 2 }");
  v1::CreditNote more = Draft("lines { line_id: '1' quantity: 2 }");
  v1::CreditNote rest = Draft("");

  EXPECT_THAT(Write(more), StatusIs(kRefused, "CREDIT_TOO_MUCH"));
  ASSERT_THAT(Write(rest), IsOk());
  ASSERT_EQ(rest.lines_size(), 2);
  EXPECT_EQ(rest.lines(0).quantity(), 1);
}

TEST_F(CreditNoteTest, B17_ADraftDoesNotTakeBackWhatAnotherDid) {
  v1::CreditNote draft = Draft("");
  ASSERT_THAT(Write(draft), IsOk());
  MustIssue("lines { line_id: '2' quantity: 1 }");

  EXPECT_THAT(IssueCredit(kNow, draft, invoice_),
              StatusIs(kRefused, "CREDIT_TOO_MUCH"));
}

TEST_F(CreditNoteTest, B17_ADraftStaysWhateverBecameOfItsInvoice) {
  v1::CreditNote draft = Draft("");
  ASSERT_THAT(Write(draft), IsOk());
  MustIssue("lines { line_id: '2' quantity: 1 }");
  invoice_.set_customer("customers/other");
  v1::CreditNote wanted = draft;
  wanted.set_customer("customers/other");
  v1::CreditNote noted = draft;

  EXPECT_THAT(PrepareCreditNote(&draft, noted, context_), IsOk());

  EXPECT_THAT(noted, EqualsProto(wanted.ShortDebugString()));
  v1::CreditNote more = draft;
  more.mutable_lines(0)->set_quantity(2);
  EXPECT_THAT(PrepareCreditNote(&draft, more, context_),
              StatusIs(kRefused, "CREDIT_TOO_MUCH"));
}

TEST_F(CreditNoteTest, B17_IsIssuedForAnInvoiceThatAsksForSomething) {
  struct Case {
    v1::Invoice::State state;
    bool empty;
    const char* reason;
  };
  const Case kCases[] = {
      {v1::Invoice::ISSUED, false, ""},
      {v1::Invoice::PARTIALLY_PAID, false, ""},
      {v1::Invoice::PAID, false, ""},
      {v1::Invoice::DRAFT, false, "INVOICE_NOT_ISSUED"},
      {v1::Invoice::VOID, false, "INVOICE_NOT_ISSUED"},
      {v1::Invoice::ISSUED, true, "CREDIT_EMPTY"},
  };
  for (const Case& test : kCases) {
    v1::Invoice invoice = invoice_;
    invoice.set_state(test.state);
    v1::CreditNote note = Draft("");
    ASSERT_THAT(Write(note), IsOk());
    if (test.empty) note.clear_lines();

    const absl::Status status = IssueCredit(kNow, note, invoice);

    if (*test.reason == '\0') {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status, StatusIs(kRefused, test.reason));
    }
  }
}

TEST_F(CreditNoteTest, B17_WhatIsCreditedIsNotOpenAndIsPaidBackIfItWasPaid) {
  // 1.19 of lamps and 10 of desks.
  MustIssue("lines { line_id: '2' quantity: 1 }");
  EXPECT_EQ(invoice_.state(), v1::Invoice::ISSUED);
  EXPECT_THAT(invoice_.credited_amount(),
              EqualsProto("currency_code: 'EUR' units: 5"));
  EXPECT_THAT(invoice_.open_amount(),
              EqualsProto("currency_code: 'EUR' units: 6 nanos: 190000000"));

  ASSERT_THAT(PayRest("user:ada", kNow, invoice_), IsOk());
  EXPECT_EQ(invoice_.state(), v1::Invoice::PAID);
  const v1::CreditNote rest = MustIssue("");
  EXPECT_EQ(invoice_.state(), v1::Invoice::PAID);
  EXPECT_THAT(invoice_.credited_amount(),
              EqualsProto(invoice_.total().ShortDebugString()));
  EXPECT_THAT(invoice_.refundable_amount(),
              EqualsProto("currency_code: 'EUR' units: 6 nanos: 190000000"));

  ASSERT_THAT(WithdrawCredit(rest, kNow, invoice_), IsOk());
  EXPECT_THAT(invoice_.refundable_amount(),
              EqualsProto("currency_code: 'EUR'"));
}

TEST_F(CreditNoteTest, B17_AllThatIsCreditedIsSettled) {
  const v1::CreditNote note = MustIssue("");
  EXPECT_EQ(invoice_.state(), v1::Invoice::PAID);
  EXPECT_THAT(RecordPayment({.amount = note.total()}, kNow, invoice_),
              StatusIs(kRefused, "PAYMENT_TOO_MUCH"));

  ASSERT_THAT(WithdrawCredit(note, kNow, invoice_), IsOk());
  EXPECT_EQ(invoice_.state(), v1::Invoice::ISSUED);
  EXPECT_TRUE(invoice_.credited_lines().empty());
  EXPECT_THAT(invoice_.open_amount(),
              EqualsProto(invoice_.total().ShortDebugString()));
}

TEST_F(CreditNoteTest, B17_WhatWasIssuedNeverChanges) {
  const v1::CreditNote issued = MustIssue("");
  v1::CreditNote fewer = issued;
  fewer.mutable_lines()->RemoveLast();
  v1::CreditNote same = issued;
  for (auto& line : *same.mutable_lines()) line.clear_net();

  EXPECT_THAT(PrepareCreditNote(&issued, fewer, context_),
              StatusIs(kRefused, "CREDIT_NOTE_NOT_DRAFT"));
  ASSERT_THAT(PrepareCreditNote(&issued, same, context_), IsOk());
  EXPECT_EQ(same.SerializeAsString(), issued.SerializeAsString());
}

TEST_F(CreditNoteTest, B17_NamesLinesOfTheInvoiceOnce) {
  v1::CreditNote note = Draft(
      "lines { line_id: '1' quantity: 1 } lines { line_id: '1' quantity: 1 } "
      "lines { line_id: '9' quantity: 1 }");

  EXPECT_EQ(FieldViolations(Write(note)).size(), 2u);
}

TEST_F(CreditNoteTest, B18_IsOfAReturnOfTheSameOrder) {
  v1::CreditNote note = Draft("order_return: 'orderReturns/r'");
  EXPECT_THAT(Write(note), IsOk());

  return_.set_order("orders/another");
  EXPECT_EQ(FieldViolations(Write(note)).size(), 1u);
}

// Each half of a cent would be rounded up by itself.
TEST_F(CreditNoteTest, B17_PartsOfACentComeToTheCent) {
  invoice_ = InvoiceOf(Parse<v1::Order>(
      "lines { line_id: '1' quantity: 2 unit_price { currency_code: 'EUR' "
      "nanos: 15000000 } }"));

  const v1::CreditNote first = MustIssue("lines { line_id: '1' quantity: 1 }");
  const v1::CreditNote second = MustIssue("lines { line_id: '1' quantity: 1 }");

  EXPECT_THAT(first.total(),
              EqualsProto("currency_code: 'EUR' nanos: 20000000"));
  EXPECT_THAT(second.total(),
              EqualsProto("currency_code: 'EUR' nanos: 10000000"));
  EXPECT_THAT(invoice_.credited_amount(),
              EqualsProto(invoice_.total().ShortDebugString()));
}

// Whatever is paid, credited and taken back, in whatever order, the sums of the
// invoice are those of what counts, added up from the beginning.
TEST_F(CreditNoteTest, B17_SumsAreThoseOfWhatCounts) {
  std::mt19937_64 random(17);
  const auto below = [&](uint64_t bound) {
    return static_cast<int64_t>(random() % bound);
  };
  int overpaid = 0;
  int settled = 0;
  for (int round = 0; round < 1'000; ++round) {
    std::string lines;
    const int64_t line_count = below(3) + 1;
    for (int64_t i = 1; i <= line_count; ++i) {
      absl::StrAppend(&lines, " lines { line_id: '", i,
                      "' quantity: ", below(9) + 1,
                      " tax_rate_millionths: ", below(300'000),
                      " unit_price { currency_code: 'EUR' units: ", below(20),
                      " nanos: ", below(1'000'000'000), " } }");
    }
    invoice_ = InvoiceOf(Parse<v1::Order>(lines));
    std::vector<v1::CreditNote> notes;
    for (int step = 0; step < 40; ++step) {
      SCOPED_TRACE(absl::StrCat("round ", round, ", step ", step));
      const int64_t action = below(4);
      if (action == 0) {
        const auto amount = *FromNanos("EUR", below(3'000) * 10'000'000);
        const bool fits = ToNanos(amount) > 0 &&
                          ToNanos(amount) <= ToNanos(invoice_.open_amount());
        EXPECT_EQ(RecordPayment({.amount = amount}, kNow, invoice_).ok(), fits);
      } else if (action == 1 && !invoice_.payments().empty()) {
        const auto& payment = invoice_.payments(static_cast<int>(
            below(static_cast<uint64_t>(invoice_.payments_size()))));
        const bool counts = !payment.has_void_time();
        const std::string id = payment.payment_id();
        EXPECT_EQ(VoidPayment(id, "No.", kNow, invoice_).ok(), counts);
      } else if (action == 2) {
        const int which = static_cast<int>(
            below(static_cast<uint64_t>(invoice_.lines_size())));
        v1::CreditNote note =
            Draft(absl::StrCat("lines { line_id: '", which + 1,
                               "' quantity: ", below(4) + 1, " }"));
        note.set_state(v1::CreditNote::ISSUED);
        v1::Invoice invoice = invoice_;
        if (IssueCredit(kNow, note, invoice).ok()) {
          invoice_ = invoice;
          notes.push_back(note);
        }
      } else if (action == 3 && !notes.empty()) {
        const auto which = static_cast<size_t>(below(notes.size()));
        ASSERT_THAT(WithdrawCredit(notes[which], kNow, invoice_), IsOk());
        notes.erase(notes.begin() + static_cast<std::ptrdiff_t>(which));
      }

      absl::int128 paid = 0;
      for (const auto& payment : invoice_.payments()) {
        if (!payment.has_void_time()) paid += ToNanos(payment.amount());
      }
      absl::int128 credited = 0;
      absl::int128 exact = 0;
      for (const v1::CreditNote& note : notes) {
        EXPECT_GE(ToNanos(note.total()), 0);
        EXPECT_EQ(ToNanos(note.total()),
                  ToNanos(note.exact_total()) + ToNanos(note.rounding()));
        credited += ToNanos(note.total());
        exact += ToNanos(note.exact_total());
      }
      absl::int128 noted = 0;
      int64_t units = 0;
      for (const auto& line : invoice_.credited_lines()) {
        noted += ToNanos(line.net()) + ToNanos(line.tax());
        units += line.quantity();
      }
      int64_t all = 0;
      for (const auto& line : invoice_.lines()) all += line.quantity();
      const absl::int128 total = ToNanos(invoice_.total());
      ASSERT_EQ(ToNanos(invoice_.paid_amount()), paid);
      ASSERT_EQ(ToNanos(invoice_.credited_amount()), credited);
      ASSERT_EQ(noted, exact);
      ASSERT_LE(credited, total);
      if (units == all) {
        ASSERT_EQ(credited, total);
        ASSERT_EQ(exact, ToNanos(invoice_.exact_total()));
      }
      const absl::int128 open = total - paid - credited;
      ASSERT_EQ(ToNanos(invoice_.open_amount()) -
                    ToNanos(invoice_.refundable_amount()),
                open);
      ASSERT_EQ(ToNanos(invoice_.open_amount()) == 0 ||
                    ToNanos(invoice_.refundable_amount()) == 0,
                true);
      ASSERT_EQ(invoice_.state() == v1::Invoice::PARTIALLY_PAID,
                open > 0 && paid > 0);
      if (total > 0) {
        ASSERT_EQ(invoice_.state() == v1::Invoice::PAID, open <= 0);
      }
      overpaid += open < 0 ? 1 : 0;
      settled += open == 0 ? 1 : 0;
    }
  }
  // The interesting cases did occur.
  EXPECT_GT(overpaid, 100);
  EXPECT_GT(settled, 100);
}

}  // namespace
}  // namespace crm::operational
