// Exact values of metrics: quotients in their lowest terms.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_QUOTIENT_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_QUOTIENT_H_

#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace crm::analytical {

// In its lowest terms. Neither part is above 10^27, so that it times 10^9 still
// fits.
struct Quotient {
  absl::int128 numerator = 0;
  absl::int128 denominator = 1;

  friend bool operator==(const Quotient&, const Quotient&) = default;
};

// Returns numerator / denominator; nothing if the one is negative, the other
// not positive, or either too large in the lowest terms.
std::optional<Quotient> MakeQuotient(absl::int128 numerator,
                                     absl::int128 denominator);

// Converts to text and back. Example: {37, 52} <-> 37/52, {3, 1} <-> 3
std::string ToText(const Quotient& value);
std::optional<Quotient> ParseQuotient(absl::string_view text);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_QUOTIENT_H_
