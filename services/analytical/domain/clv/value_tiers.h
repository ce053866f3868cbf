// How much customers are worth among all: a tier for each, by boundaries that
// are kept with the result, so that everybody can see why.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_VALUE_TIERS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_VALUE_TIERS_H_

#include <vector>

#include "absl/numeric/int128.h"
#include "crm/analytical/v1/clv_model.pb.h"

namespace crm::analytical {

// The least lifetime values of the tiers above LOW, not falling, in nanos.
struct TierBoundaries {
  absl::int128 middle = 0;
  absl::int128 high = 0;
  absl::int128 top = 0;

  friend bool operator==(const TierBoundaries&,
                         const TierBoundaries&) = default;
};

// Returns the boundaries that have the best 5 % of `values` in TOP, those to
// 20 % in HIGH and those to 50 % in MIDDLE, each number rounded up; equal
// values are in one tier, so there may be more. `values` are not empty.
TierBoundaries FindTierBoundaries(std::vector<absl::int128> values);

// Returns the tier of a customer of this value.
v1::ClvScore::ValueTier TierOf(const TierBoundaries& boundaries,
                               absl::int128 value);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_VALUE_TIERS_H_
