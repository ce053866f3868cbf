// The rules of invoices: documents of record that ask for the money of an
// order, each unit of it once.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_H_

#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/operational/v1/invoice.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "google/type/money.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks an invoice. A draft is of the customer, account and
// currency of its order; without lines it takes all that is not invoiced yet;
// what they come to is worked out when they are written, and again by Issue().
// A draft whose lines stay as they are stays whatever became of its order, so
// that its customer can be merged, and the merge undone.
//
// Returns INVALID_ARGUMENT for a line that the order has not or that repeats
// another; FAILED_PRECONDITION: INVOICE_TOO_MUCH for more units than are left,
// INVOICE_NOT_DRAFT if lines or the day it is due change after DRAFT.
absl::Status PrepareInvoice(const v1::Invoice* before, v1::Invoice& after,
                            const RuleContext& context);

// Issues `invoice`, which has its new state, under `number`, and notes in
// `order` what it asks for.
//
// Returns FAILED_PRECONDITION: ORDER_NOT_CONFIRMED, INVOICE_EMPTY,
// INVOICE_TOO_MUCH, or INVOICE_DUE_TOO_SOON for a day before today in UTC.
absl::Status Issue(absl::Time now, v1::Invoice& invoice, v1::Order& order);

// Takes back what `invoice`, which was issued, asked for.
void GiveBack(const v1::Invoice& invoice, v1::Order& order);

// Returns the part of `whole` that `quantity` more units are worth, of `all`
// units of which `left` are not taken yet and the others took `taken`: the rest
// where they are the last, so that all parts come to the whole.
absl::int128 NextPart(const google::type::Money& whole,
                      const google::type::Money& taken, int64_t quantity,
                      int64_t left, int64_t all);

// Returns an amount rounded half to even to the minor unit of `currency`, as
// ISO 4217 says: two digits of most currencies.
absl::int128 RoundToMinorUnit(absl::string_view currency, absl::int128 nanos);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_INVOICE_H_
