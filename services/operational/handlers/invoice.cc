#include "services/operational/handlers/invoice.h"

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order.pb.h"
#include "services/operational/domain/document_number.h"
#include "services/operational/domain/invoice.h"
#include "services/operational/domain/invoice_payment.h"
#include "services/operational/handlers/document_number.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
absl::StatusOr<v1::Invoice> HandleIssueInvoice(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::IssueInvoiceRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  CRM_ASSIGN_OR_RETURN(v1::Order order,
                       transaction.view().GetLive<v1::Order>(invoice.order()));
  CRM_RETURN_IF_ERROR(Issue(transaction.now(), invoice, order));
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_invoice_number(),
                       NextDocumentNumber(transaction, kInvoiceSeriesTable,
                                          invoice.series(), kInvoiceSeries));
  transaction.Update(order);
  transaction.Update(invoice);
  return invoice;
}

absl::StatusOr<v1::Invoice> HandlePayInvoice(
    Transaction& transaction, const CallContext& call,
    const v1::PayInvoiceRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  CRM_RETURN_IF_ERROR(
      PayRest(call.principal.subject, transaction.now(), invoice));
  transaction.Update(invoice);
  return invoice;
}

absl::StatusOr<v1::Invoice> HandleRecordInvoicePayment(
    Transaction& transaction, const CallContext& call,
    const v1::RecordInvoicePaymentRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  CRM_RETURN_IF_ERROR(RecordPayment({.amount = request.amount(),
                                     .pay_date = request.pay_date(),
                                     .reference = request.reference(),
                                     .recorder = call.principal.subject},
                                    transaction.now(), invoice));
  transaction.Update(invoice);
  return invoice;
}

absl::StatusOr<v1::Invoice> HandleVoidInvoicePayment(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::VoidInvoicePaymentRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  CRM_RETURN_IF_ERROR(VoidPayment(request.payment_id(), request.reason(),
                                  transaction.now(), invoice));
  transaction.Update(invoice);
  return invoice;
}

absl::StatusOr<v1::Invoice> HandleVoidInvoice(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::VoidInvoiceRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  if (ToNanos(invoice.credited_amount()) != 0 ||
      !invoice.credited_lines().empty()) {
    return FailedPrecondition(
        "INVOICE_CREDITED",
        absl::StrCat("Credit notes take back a part of '", invoice.name(),
                     "': void them first."),
        invoice.name());
  }
  if (!invoice.invoice_number().empty()) {
    CRM_ASSIGN_OR_RETURN(v1::Order order,
                         transaction.view().Get<v1::Order>(invoice.order()));
    GiveBack(invoice, order);
    transaction.Update(order);
  }
  transaction.Update(invoice);
  return invoice;
}

}  // namespace crm::operational
