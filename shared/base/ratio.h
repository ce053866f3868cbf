// Exact arithmetic with quotients of whole numbers, as exchange rates are: the
// product has 256 bits, and what is rounded is rounded once, half to even.
//
// All functions are pure.

#ifndef CRM_SHARED_BASE_RATIO_H_
#define CRM_SHARED_BASE_RATIO_H_

#include <optional>

#include "absl/numeric/int128.h"

namespace crm {

// A quotient that is not negative. `denominator` is more than 0.
struct Ratio {
  absl::uint128 numerator = 1;
  absl::uint128 denominator = 1;
};

// Returns value x ratio, rounded half to even to a whole number; nothing if the
// result does not fit.
std::optional<absl::int128> Scale(absl::int128 value, const Ratio& ratio);

}  // namespace crm

#endif  // CRM_SHARED_BASE_RATIO_H_
