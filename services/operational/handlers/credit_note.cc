#include "services/operational/handlers/credit_note.h"

#include "crm/operational/v1/invoice.pb.h"
#include "services/operational/domain/credit_note.h"
#include "services/operational/domain/document_number.h"
#include "services/operational/handlers/document_number.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

absl::StatusOr<v1::CreditNote> HandleIssueCreditNote(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::IssueCreditNoteRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::CreditNote note,
                       transaction.Move<v1::CreditNote>(request));
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.view().Get<v1::Invoice>(note.invoice()));
  CRM_RETURN_IF_ERROR(IssueCredit(transaction.now(), note, invoice));
  CRM_ASSIGN_OR_RETURN(*note.mutable_credit_note_number(),
                       NextDocumentNumber(transaction, kCreditNoteSeriesTable,
                                          note.series(), kCreditNoteSeries));
  transaction.Update(invoice);
  transaction.Update(note);
  return note;
}

absl::StatusOr<v1::CreditNote> HandleVoidCreditNote(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::VoidCreditNoteRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::CreditNote note,
                       transaction.Move<v1::CreditNote>(request));
  if (!note.credit_note_number().empty()) {
    CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                         transaction.view().Get<v1::Invoice>(note.invoice()));
    CRM_RETURN_IF_ERROR(WithdrawCredit(note, transaction.now(), invoice));
    transaction.Update(invoice);
  }
  transaction.Update(note);
  return note;
}

}  // namespace crm::operational
