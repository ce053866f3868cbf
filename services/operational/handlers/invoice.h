// The methods of InvoiceService that the kernel does not serve.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/invoice.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Invoice> HandleIssueInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::IssueInvoiceRequest& request);

absl::StatusOr<v1::Invoice> HandlePayInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::PayInvoiceRequest& request);

absl::StatusOr<v1::Invoice> HandleRecordInvoicePayment(
    Transaction& transaction, const CallContext& call,
    const v1::RecordInvoicePaymentRequest& request);

absl::StatusOr<v1::Invoice> HandleVoidInvoicePayment(
    Transaction& transaction, const CallContext& call,
    const v1::VoidInvoicePaymentRequest& request);

absl::StatusOr<v1::Invoice> HandleVoidInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::VoidInvoiceRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_INVOICE_H_
