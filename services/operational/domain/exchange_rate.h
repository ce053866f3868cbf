// The rules of exchange rates: dated, immutable, and applied exactly.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_EXCHANGE_RATE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_EXCHANGE_RATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "crm/operational/v1/exchange_rate.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/ratio.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes a rate: the key that is unique.
//
// Returns INVALID_ARGUMENT for a rate of a currency in itself, or of 0.
absl::Status PrepareExchangeRate(const v1::ExchangeRate* before,
                                 v1::ExchangeRate& after,
                                 const RuleContext& context);

// Returns the key of the rate of `base` in `quote` that begins on `day`. Keys
// of one pair sort by day.
std::string RateKey(absl::string_view base, absl::string_view quote,
                    absl::CivilDay day);

// How amounts of one currency become amounts of another.
struct Conversion {
  Ratio ratio;
  // The names of the rates that it was made of, in their order.
  std::vector<std::string> rates;
  // The day from which it holds; nothing where no rate is needed.
  std::optional<absl::CivilDay> day;
};

// Returns the conversion from the base currency of `rate` to the other one.
Conversion ByRate(const v1::ExchangeRate& rate);

// Returns the way back.
Conversion Inverse(const Conversion& conversion);

// Returns the conversion by one and then the other, which is still exact. Each
// is made of one rate at most.
Conversion Chain(const Conversion& first, const Conversion& second);

// Returns `amount` in `currency`, rounded half to even to nanos, or
// OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE) if a Money cannot hold it.
absl::StatusOr<google::type::Money> Convert(const google::type::Money& amount,
                                            const Conversion& conversion,
                                            absl::string_view currency);

// Returns what one unit is worth as a decimal, rounded half to even to nanos:
// `1.0842`.
std::string RateText(const Conversion& conversion);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_EXCHANGE_RATE_H_
