#include "services/analytical/domain/clv/value_tiers.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace crm::analytical {

TierBoundaries FindTierBoundaries(std::vector<absl::int128> values) {
  std::sort(values.begin(), values.end(), std::greater<>());
  const auto least_of_best = [&](size_t percent) {
    return values[(values.size() * percent + 99) / 100 - 1];
  };
  return {.middle = least_of_best(50),
          .high = least_of_best(20),
          .top = least_of_best(5)};
}

v1::ClvScore::ValueTier TierOf(const TierBoundaries& boundaries,
                               absl::int128 value) {
  if (value >= boundaries.top) return v1::ClvScore::TOP;
  if (value >= boundaries.high) return v1::ClvScore::HIGH;
  if (value >= boundaries.middle) return v1::ClvScore::MIDDLE;
  return v1::ClvScore::LOW;
}

}  // namespace crm::analytical
