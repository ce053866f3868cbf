// What is paid of an invoice, and what is open of it.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_PAYMENT_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_PAYMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/operational/v1/invoice.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"

namespace crm::operational {

// Money that came, as the caller tells.
struct NewPayment {
  google::type::Money amount;
  // Today in UTC if it has no year.
  google::type::Date pay_date = {};
  std::string reference = {};
  // The subject who tells.
  std::string recorder = {};
};

// Works out what is open, and what is to be paid back, of an invoice that was
// issued, from its total and what was paid and credited; and so whether it is
// PAID, PARTIALLY_PAID or ISSUED. One that was paid before there were payments
// counts as paid in full. Returns OUT_OF_RANGE if an amount fits no Money.
absl::Status SettleAmounts(absl::Time now, v1::Invoice& invoice);

// Adds a payment to an invoice that was issued.
//
// Returns INVALID_ARGUMENT for an amount that is not more than nothing, in
// another currency or finer than the minor unit; FAILED_PRECONDITION:
// PAYMENT_TOO_MUCH for more than is open, TOO_MANY_PAYMENTS.
absl::Status RecordPayment(const NewPayment& payment, absl::Time now,
                           v1::Invoice& invoice);

// Adds a payment of all that is open; none if that is nothing.
absl::Status PayRest(const std::string& recorder, absl::Time now,
                     v1::Invoice& invoice);

// Takes a payment back. Returns FAILED_PRECONDITION: PAYMENT_NOT_FOUND, or
// PAYMENT_VOIDED.
absl::Status VoidPayment(const std::string& payment_id,
                         const std::string& reason, absl::Time now,
                         v1::Invoice& invoice);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_PAYMENT_H_
