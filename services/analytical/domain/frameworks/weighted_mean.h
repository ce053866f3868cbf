// How scores of parts come to the score of the whole: by their weights, and
// without the parts that have none. What has no score is not 0.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_WEIGHTED_MEAN_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_WEIGHTED_MEAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace crm::analytical {

// All of it, in millionths.
inline constexpr int32_t kWhole = 1'000'000;

// A share that is reached: `points` of `best`, which is more than 0.
struct Share {
  int64_t points = 0;
  int64_t best = 1;
};

// A part of a whole. `weight_millionths` is from 1 to kWhole.
struct WeightedPart {
  int32_t weight_millionths = 0;
  std::optional<Share> share;
};

struct WeightedMean {
  // The mean of the parts that have a share, in millionths; nothing if none
  // has one.
  std::optional<int32_t> score_millionths;
  // The weight of these parts in that of all, in millionths.
  int32_t coverage_millionths = 0;
};

// Returns the mean of at most 1000 parts. Shares are taken to the trillionth;
// that and the mean are rounded half to even.
WeightedMean MeanOf(absl::Span<const WeightedPart> parts);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_WEIGHTED_MEAN_H_
