// The methods of CreditNoteService that change more than the credit note.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CREDIT_NOTE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CREDIT_NOTE_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/credit_note.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::CreditNote> HandleIssueCreditNote(
    Transaction& transaction, const CallContext& call,
    const v1::IssueCreditNoteRequest& request);

absl::StatusOr<v1::CreditNote> HandleVoidCreditNote(
    Transaction& transaction, const CallContext& call,
    const v1::VoidCreditNoteRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CREDIT_NOTE_H_
