// Which currency an analysis is in: amounts of two are never added.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CURRENCY_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CURRENCY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::analytical {

// How many counted orders are in a currency.
struct CurrencyUse {
  std::string currency;
  int64_t order_count = 0;

  friend bool operator==(const CurrencyUse&, const CurrencyUse&) = default;
};

// Returns `requested`, else the only currency in `used`, else "" as there is no
// order.
//
// Returns INVALID_ARGUMENT (MIXED_CURRENCIES), naming them, if none was
// requested and there are several.
absl::StatusOr<std::string> ChooseCurrency(
    absl::string_view requested, const std::vector<CurrencyUse>& used);

// Returns the currency of most orders, the first by name where several are;
// "" without orders. For views that must answer without being asked for one.
std::string MainCurrency(const std::vector<CurrencyUse>& used);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CURRENCY_H_
