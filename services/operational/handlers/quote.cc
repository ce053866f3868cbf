#include "services/operational/handlers/quote.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order.pb.h"
#include "services/operational/domain/quote.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// The version before a quote that is sent is no offer any more.
absl::Status Supersede(Transaction& transaction, const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  auto previous = transaction.view().GetLive<v1::Quote>(name);
  if (absl::IsNotFound(previous.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(previous.status());
  if (previous->state() == v1::Quote::ACCEPTED) {
    return FailedPrecondition(
        "QUOTE_ACCEPTED",
        absl::StrCat("'", name, "', the version before, was accepted."), name);
  }
  previous->set_state(v1::Quote::SUPERSEDED);
  transaction.Unschedule(kQuoteExpiry, name);
  transaction.Update(*previous);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Quote> HandleSendQuote(Transaction& transaction,
                                          const CallContext& /*call*/,
                                          const v1::SendQuoteRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Quote quote, transaction.Move<v1::Quote>(request));
  CRM_RETURN_IF_ERROR(Supersede(transaction, quote.previous_version()));
  transaction.Schedule(kQuoteExpiry, quote.name(),
                       FromTimestamp(quote.expire_time()));
  transaction.Update(quote);
  return quote;
}

absl::StatusOr<v1::Quote> HandleAcceptQuote(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::AcceptQuoteRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Quote quote, transaction.Move<v1::Quote>(request));
  v1::Order order = OrderOf(quote, transaction.now());
  order.set_name(transaction.NewName<v1::Order>());
  quote.set_order(order.name());
  transaction.Create(order);
  transaction.Unschedule(kQuoteExpiry, quote.name());
  transaction.Update(quote);
  return quote;
}

absl::StatusOr<v1::Quote> HandleReviseQuote(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ReviseQuoteRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const v1::Quote quote,
      transaction.GetLive<v1::Quote>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(v1::Quote draft, ReviseQuote(quote));
  draft.set_name(transaction.NewName<v1::Quote>());
  transaction.Create(draft);
  return draft;
}

absl::Status ExpireQuote(Transaction& transaction, const Timer& timer) {
  auto quote = transaction.view().GetLive<v1::Quote>(timer.key);
  if (absl::IsNotFound(quote.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(quote.status());
  if (quote->state() != v1::Quote::SENT) return absl::OkStatus();
  quote->set_state(v1::Quote::EXPIRED);
  *quote->mutable_expiry_time() = ToTimestamp(transaction.now());
  transaction.Update(*quote);
  return absl::OkStatus();
}

}  // namespace crm::operational
