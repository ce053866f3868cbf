// The rules of quotes: versions, sending, and the order that an accepted one
// becomes.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_QUOTE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_QUOTE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks a quote; the lines of a draft are completed and priced
// when they are written and when it is sent, see domain/price_book.h and
// domain/sales_lines.h.
//
// Returns INVALID_ARGUMENT with the violations of all lines, and
// FAILED_PRECONDITION: QUOTE_NOT_DRAFT if lines, discount or expiry change
// after DRAFT; when it is sent, QUOTE_EMPTY without lines and
// QUOTE_EXPIRES_TOO_SOON unless it expires later than now; when it is accepted,
// QUOTE_EXPIRED if it has expired by now.
absl::Status PrepareQuote(const v1::Quote* before, v1::Quote& after,
                          const RuleContext& context);

// Returns the order that an accepted quote becomes, which has no name yet.
v1::Order OrderOf(const v1::Quote& quote, absl::Time now);

// Returns a draft of the next version of `quote`, which has no name yet, or
// FAILED_PRECONDITION (QUOTE_NOT_REVISABLE) for one that is a draft, accepted
// or superseded.
absl::StatusOr<v1::Quote> ReviseQuote(const v1::Quote& quote);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_QUOTE_H_
