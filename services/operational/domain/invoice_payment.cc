#include "services/operational/domain/invoice_payment.h"

#include <algorithm>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/invoice.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::type::Money;
using Payment = v1::Invoice::Payment;

// So that an invoice, which each change writes anew, stays small.
constexpr int kMaxPayments = 200;

absl::Status Refused(const v1::Invoice& invoice, absl::string_view rule,
                     absl::string_view what) {
  return FailedPrecondition(
      rule, absl::StrCat("Of invoice '", invoice.name(), "' ", what, "."),
      invoice.name());
}

absl::int128 PaidNanos(const v1::Invoice& invoice) {
  if (invoice.has_paid_amount()) return ToNanos(invoice.paid_amount());
  return invoice.state() == v1::Invoice::PAID ? ToNanos(invoice.total()) : 0;
}

absl::Status SetPaid(absl::int128 nanos, v1::Invoice& invoice) {
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_paid_amount(),
                       FromNanos(invoice.currency_code(), nanos));
  return absl::OkStatus();
}

absl::Status CheckAmount(const Money& amount, const v1::Invoice& invoice) {
  const std::string& currency = invoice.currency_code();
  std::vector<FieldViolation> violations;
  if (amount.currency_code() != currency) {
    violations.push_back(
        {"amount", absl::StrCat("must be in ", currency,
                                ", the currency of the invoice.")});
  } else if (ToNanos(amount) <= 0) {
    violations.push_back({"amount", "must be more than nothing."});
  } else if (RoundToMinorUnit(currency, ToNanos(amount)) != ToNanos(amount)) {
    violations.push_back(
        {"amount", absl::StrCat("must be whole minor units of ", currency,
                                ", as the total of the invoice is.")});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace

absl::Status SettleAmounts(absl::Time now, v1::Invoice& invoice) {
  const std::string& currency = invoice.currency_code();
  const absl::int128 paid = PaidNanos(invoice);
  const absl::int128 credited = ToNanos(invoice.credited_amount());
  const absl::int128 open = ToNanos(invoice.total()) - paid - credited;
  CRM_RETURN_IF_ERROR(SetPaid(paid, invoice));
  invoice.mutable_credited_amount()->set_currency_code(currency);
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_open_amount(),
                       FromNanos(currency, std::max(open, absl::int128{0})));
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_refundable_amount(),
                       FromNanos(currency, std::max(-open, absl::int128{0})));
  // An invoice over nothing is settled when somebody says so.
  const bool settled =
      open < 0 || (open == 0 && (paid > 0 || credited > 0 ||
                                 invoice.state() == v1::Invoice::PAID));
  if (!settled) {
    invoice.set_state(paid > 0 ? v1::Invoice::PARTIALLY_PAID
                               : v1::Invoice::ISSUED);
    invoice.clear_pay_time();
    return absl::OkStatus();
  }
  invoice.set_state(v1::Invoice::PAID);
  if (!invoice.has_pay_time()) {
    *invoice.mutable_pay_time() = ToTimestamp(now);
  }
  return absl::OkStatus();
}

absl::Status RecordPayment(const NewPayment& payment, absl::Time now,
                           v1::Invoice& invoice) {
  CRM_RETURN_IF_ERROR(CheckAmount(payment.amount, invoice));
  const absl::int128 paid = PaidNanos(invoice) + ToNanos(payment.amount);
  const absl::int128 open = ToNanos(invoice.total()) - PaidNanos(invoice) -
                            ToNanos(invoice.credited_amount());
  if (ToNanos(payment.amount) > open) {
    CRM_ASSIGN_OR_RETURN(
        const Money left,
        FromNanos(invoice.currency_code(), std::max(open, absl::int128{0})));
    return Refused(invoice, "PAYMENT_TOO_MUCH",
                   absl::StrCat("only ", FormatMoney(left), " is open"));
  }
  if (invoice.payments_size() >= kMaxPayments) {
    return Refused(invoice, "TOO_MANY_PAYMENTS",
                   absl::StrCat(kMaxPayments,
                                " payments were recorded, and it can have no "
                                "more"));
  }
  Payment& added = *invoice.add_payments();
  added.set_payment_id(absl::StrCat(invoice.payments_size()));
  *added.mutable_amount() = payment.amount;
  *added.mutable_pay_date() =
      payment.pay_date.year() == 0 ? FromDay(DayOf(now)) : payment.pay_date;
  added.set_reference(payment.reference);
  *added.mutable_record_time() = ToTimestamp(now);
  added.set_recorder(payment.recorder);
  CRM_RETURN_IF_ERROR(SetPaid(paid, invoice));
  return SettleAmounts(now, invoice);
}

absl::Status PayRest(const std::string& recorder, absl::Time now,
                     v1::Invoice& invoice) {
  const absl::int128 paid =
      invoice.has_paid_amount() ? ToNanos(invoice.paid_amount()) : 0;
  const absl::int128 open =
      ToNanos(invoice.total()) - paid - ToNanos(invoice.credited_amount());
  CRM_RETURN_IF_ERROR(SetPaid(paid, invoice));
  if (open <= 0) return SettleAmounts(now, invoice);
  NewPayment rest;
  rest.recorder = recorder;
  CRM_ASSIGN_OR_RETURN(rest.amount, FromNanos(invoice.currency_code(), open));
  return RecordPayment(rest, now, invoice);
}

absl::Status VoidPayment(const std::string& payment_id,
                         const std::string& reason, absl::Time now,
                         v1::Invoice& invoice) {
  for (Payment& payment : *invoice.mutable_payments()) {
    if (payment.payment_id() != payment_id) continue;
    if (payment.has_void_time()) {
      return Refused(
          invoice, "PAYMENT_VOIDED",
          absl::StrCat("payment '", payment_id, "' was taken back already"));
    }
    *payment.mutable_void_time() = ToTimestamp(now);
    payment.set_void_reason(reason);
    CRM_RETURN_IF_ERROR(
        SetPaid(PaidNanos(invoice) - ToNanos(payment.amount()), invoice));
    return SettleAmounts(now, invoice);
  }
  return Refused(invoice, "PAYMENT_NOT_FOUND",
                 absl::StrCat("there is no payment '", payment_id,
                              "': `payments` lists them"));
}

}  // namespace crm::operational
