// The methods of QuoteService that change more than the quote.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_QUOTE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_QUOTE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/quote.pb.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timers that have quotes expire; their key is the name of the quote.
inline constexpr char kQuoteExpiry[] = "quote-expiry";

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Quote> HandleSendQuote(Transaction& transaction,
                                          const CallContext& call,
                                          const v1::SendQuoteRequest& request);

absl::StatusOr<v1::Quote> HandleAcceptQuote(
    Transaction& transaction, const CallContext& call,
    const v1::AcceptQuoteRequest& request);

absl::StatusOr<v1::Quote> HandleReviseQuote(
    Transaction& transaction, const CallContext& call,
    const v1::ReviseQuoteRequest& request);

// Says of a quote that is still only sent that it has expired.
absl::Status ExpireQuote(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_QUOTE_H_
