// The rules of credit notes: documents of record that take back what an invoice
// asks for, each unit of it once.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_CREDIT_NOTE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_CREDIT_NOTE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/operational/v1/credit_note.pb.h"
#include "crm/operational/v1/invoice.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks a credit note. A draft is of the customer, account and
// currency of its invoice; without lines it takes back all that is left; what
// they come to is worked out when they are written, and again by IssueCredit().
// A draft whose lines stay as they are stays whatever became of its invoice.
//
// Returns INVALID_ARGUMENT for a line that the invoice has not or that repeats
// another, or a return of another order; FAILED_PRECONDITION: CREDIT_TOO_MUCH
// for more units than are left, CREDIT_NOTE_NOT_DRAFT if lines change after
// DRAFT.
absl::Status PrepareCreditNote(const v1::CreditNote* before,
                               v1::CreditNote& after,
                               const RuleContext& context);

// Issues `note`, which has its new state, and notes in `invoice` what it takes
// back and what is open then.
//
// Returns FAILED_PRECONDITION: INVOICE_NOT_ISSUED, CREDIT_EMPTY or
// CREDIT_TOO_MUCH.
absl::Status IssueCredit(absl::Time now, v1::CreditNote& note,
                         v1::Invoice& invoice);

// Has `invoice` ask again for what `note`, which was issued, took back.
absl::Status WithdrawCredit(const v1::CreditNote& note, absl::Time now,
                            v1::Invoice& invoice);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CREDIT_NOTE_H_
