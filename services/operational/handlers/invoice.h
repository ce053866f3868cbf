// The methods of InvoiceService that change more than the invoice.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/invoice.pb.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm::operational {

// Returns the table that counts the invoices of each series.
SqlTable InvoiceSeriesTable();

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Invoice> HandleIssueInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::IssueInvoiceRequest& request);

absl::StatusOr<v1::Invoice> HandleVoidInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::VoidInvoiceRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_
