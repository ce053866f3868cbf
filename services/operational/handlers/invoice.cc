#include "services/operational/handlers/invoice.h"

#include <string>

#include "crm/operational/v1/order.pb.h"
#include "services/operational/domain/invoice.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

constexpr char kTable[] = "invoice_series";

// Returns the next number of the series. The row is locked until the commit,
// and counts only with it: so there is no gap, and no number is given twice.
absl::StatusOr<std::string> NextNumber(Transaction& transaction,
                                       const std::string& series) {
  const std::string of = series.empty() ? kUsualSeries : series;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query(
          "INSERT INTO invoice_series (tenant, series, count) VALUES (?, ?, 1) "
          "ON CONFLICT (tenant, series) DO UPDATE SET "
          "count = invoice_series.count + 1 RETURNING count",
          {transaction.view().tenant(), of}));
  return InvoiceNumber(of, std::get<int64_t>(rows.at(0).at(0)));
}

}  // namespace

SqlTable InvoiceSeriesTable() {
  SqlTable table;
  table.name = kTable;
  table.columns = {{"tenant", SqlType::kText, false, {}},
                   {"series", SqlType::kText, false, {}},
                   {"count", SqlType::kInteger, false, {}}};
  table.primary_key = {"tenant", "series"};
  return table;
}

absl::StatusOr<v1::Invoice> HandleIssueInvoice(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::IssueInvoiceRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
  CRM_ASSIGN_OR_RETURN(v1::Order order,
                       transaction.view().GetLive<v1::Order>(invoice.order()));
  CRM_RETURN_IF_ERROR(Issue(transaction.now(), invoice, order));
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_invoice_number(),
                       NextNumber(transaction, invoice.series()));
  transaction.Update(order);
  transaction.Update(invoice);
  return invoice;
}

absl::StatusOr<v1::Invoice> HandleVoidInvoice(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::VoidInvoiceRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Invoice invoice,
                       transaction.Move<v1::Invoice>(request));
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
