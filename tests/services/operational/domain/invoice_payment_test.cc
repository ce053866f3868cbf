#include "services/operational/domain/invoice_payment.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::google::type::Money;

constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

Money Eur(int64_t cents) {
  return *FromNanos("EUR", absl::int128{cents} * 10'000'000);
}

// An invoice of 100 EUR, issued, of which nothing was paid.
v1::Invoice Issued(const std::string& more = "") {
  auto invoice = Parse<v1::Invoice>(
      absl::StrCat("name: 'invoices/i' state: ISSUED currency_code: 'EUR' "
                   "total { currency_code: 'EUR' units: 100 } ",
                   more));
  EXPECT_THAT(SettleAmounts(kNow, invoice), IsOk());
  return invoice;
}

absl::Status Pay(int64_t cents, v1::Invoice& invoice) {
  return RecordPayment({.amount = Eur(cents)}, kNow, invoice);
}

TEST(InvoicePayment, B17_PartsAreAddedUntilNothingIsOpen) {
  v1::Invoice invoice = Issued();
  EXPECT_THAT(invoice.open_amount(),
              EqualsProto(Eur(10'000).ShortDebugString()));

  ASSERT_THAT(Pay(3'000, invoice), IsOk());
  EXPECT_EQ(invoice.state(), v1::Invoice::PARTIALLY_PAID);
  EXPECT_THAT(invoice.paid_amount(),
              EqualsProto(Eur(3'000).ShortDebugString()));
  EXPECT_THAT(invoice.open_amount(),
              EqualsProto(Eur(7'000).ShortDebugString()));
  EXPECT_FALSE(invoice.has_pay_time());

  ASSERT_THAT(Pay(7'000, invoice), IsOk());
  EXPECT_EQ(invoice.state(), v1::Invoice::PAID);
  EXPECT_TRUE(invoice.has_pay_time());
  EXPECT_THAT(invoice.open_amount(), EqualsProto(Eur(0).ShortDebugString()));
  EXPECT_THAT(invoice.refundable_amount(),
              EqualsProto(Eur(0).ShortDebugString()));
}

TEST(InvoicePayment, B17_SaysWhenAndByWhomItWasRecorded) {
  v1::Invoice invoice = Issued();

  ASSERT_THAT(
      RecordPayment(
          {.amount = Eur(1),
           .pay_date = Parse<google::type::Date>("year: 2023 month: 10 day: 9"),
           .reference = "R-7",
           .recorder = "user:ada"},
          kNow, invoice),
      IsOk());
  ASSERT_THAT(Pay(2, invoice), IsOk());

  ASSERT_EQ(invoice.payments_size(), 2);
  EXPECT_THAT(
      invoice.payments(0),
      EqualsProto("payment_id: '1' amount { currency_code: 'EUR' nanos: "
                  "10000000 } pay_date { year: 2023 month: 10 day: 9 } "
                  "reference: 'R-7' record_time { seconds: 1700000000 } "
                  "recorder: 'user:ada'"));
  EXPECT_EQ(invoice.payments(1).payment_id(), "2");
  EXPECT_THAT(invoice.payments(1).pay_date(),
              EqualsProto("year: 2023 month: 11 day: 14"));
}

TEST(InvoicePayment, B17_RefusesWhatIsNoPartOfWhatIsOpen) {
  struct Case {
    const char* amount;
    absl::StatusCode code;
    const char* reason;
  };
  const Case kCases[] = {
      {"currency_code: 'EUR' units: 100 nanos: 10000000", kRefused,
       "PAYMENT_TOO_MUCH"},
      {"currency_code: 'USD' units: 1", absl::StatusCode::kInvalidArgument,
       "INVALID_ARGUMENT"},
      {"currency_code: 'EUR'", absl::StatusCode::kInvalidArgument,
       "INVALID_ARGUMENT"},
      {"currency_code: 'EUR' units: -1", absl::StatusCode::kInvalidArgument,
       "INVALID_ARGUMENT"},
      {"currency_code: 'EUR' units: 1 nanos: 5000000",
       absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT"},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.amount);
    v1::Invoice invoice = Issued();
    const std::string before = invoice.SerializeAsString();

    const absl::Status status =
        RecordPayment({.amount = Parse<Money>(test.amount)}, kNow, invoice);

    EXPECT_EQ(status.code(), test.code) << status;
    if (test.code == kRefused) {
      EXPECT_THAT(status, StatusIs(kRefused, test.reason));
    } else {
      EXPECT_EQ(FieldViolations(status).size(), 1u);
    }
    EXPECT_EQ(invoice.SerializeAsString(), before);
  }
}

TEST(InvoicePayment, B17_PaysAllThatIsOpen) {
  v1::Invoice invoice = Issued();
  ASSERT_THAT(Pay(1, invoice), IsOk());

  ASSERT_THAT(PayRest("user:ada", kNow, invoice), IsOk());

  EXPECT_EQ(invoice.state(), v1::Invoice::PAID);
  ASSERT_EQ(invoice.payments_size(), 2);
  EXPECT_THAT(invoice.payments(1).amount(),
              EqualsProto(Eur(9'999).ShortDebugString()));
  EXPECT_EQ(invoice.payments(1).recorder(), "user:ada");
}

TEST(InvoicePayment, B17_AnInvoiceOverNothingIsPaidWithoutAPayment) {
  v1::Invoice invoice = Issued();
  *invoice.mutable_total() = Eur(0);
  ASSERT_THAT(SettleAmounts(kNow, invoice), IsOk());
  EXPECT_EQ(invoice.state(), v1::Invoice::ISSUED);

  invoice.set_state(v1::Invoice::PAID);
  ASSERT_THAT(PayRest("user:ada", kNow, invoice), IsOk());

  EXPECT_EQ(invoice.state(), v1::Invoice::PAID);
  EXPECT_TRUE(invoice.payments().empty());
}

TEST(InvoicePayment, B17_WhatIsTakenBackIsOpenAgain) {
  v1::Invoice invoice = Issued();
  ASSERT_THAT(Pay(4'000, invoice), IsOk());
  ASSERT_THAT(Pay(6'000, invoice), IsOk());

  ASSERT_THAT(VoidPayment("1", "Bounced.", kNow, invoice), IsOk());
  EXPECT_EQ(invoice.state(), v1::Invoice::PARTIALLY_PAID);
  EXPECT_FALSE(invoice.has_pay_time());
  EXPECT_THAT(invoice.paid_amount(),
              EqualsProto(Eur(6'000).ShortDebugString()));
  EXPECT_THAT(invoice.open_amount(),
              EqualsProto(Eur(4'000).ShortDebugString()));
  EXPECT_EQ(invoice.payments(0).void_reason(), "Bounced.");
  EXPECT_TRUE(invoice.payments(0).has_void_time());

  EXPECT_THAT(VoidPayment("1", "Again.", kNow, invoice),
              StatusIs(kRefused, "PAYMENT_VOIDED"));
  EXPECT_THAT(VoidPayment("3", "Which?", kNow, invoice),
              StatusIs(kRefused, "PAYMENT_NOT_FOUND"));
  ASSERT_THAT(VoidPayment("2", "Bounced.", kNow, invoice), IsOk());
  EXPECT_EQ(invoice.state(), v1::Invoice::ISSUED);
  EXPECT_THAT(invoice.open_amount(),
              EqualsProto(Eur(10'000).ShortDebugString()));
}

TEST(InvoicePayment, B17_HasAnEnd) {
  v1::Invoice invoice = Issued();
  for (int i = 0; i < 200; ++i) ASSERT_THAT(Pay(1, invoice), IsOk());

  EXPECT_THAT(Pay(1, invoice), StatusIs(kRefused, "TOO_MANY_PAYMENTS"));
}

// It has no payments, and was paid all the same.
TEST(InvoicePayment, B17_OneThatWasPaidBeforeThereWerePaymentsStaysPaid) {
  auto invoice = Parse<v1::Invoice>(
      "name: 'invoices/i' state: PAID currency_code: 'EUR' "
      "pay_time { seconds: 5 } total { currency_code: 'EUR' units: 100 }");

  ASSERT_THAT(SettleAmounts(kNow, invoice), IsOk());

  EXPECT_EQ(invoice.state(), v1::Invoice::PAID);
  EXPECT_EQ(invoice.pay_time().seconds(), 5);
  EXPECT_THAT(invoice.paid_amount(),
              EqualsProto(Eur(10'000).ShortDebugString()));
}

}  // namespace
}  // namespace crm::operational
