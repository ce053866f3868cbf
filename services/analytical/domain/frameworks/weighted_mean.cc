#include "services/analytical/domain/frameworks/weighted_mean.h"

#include "absl/numeric/int128.h"
#include "shared/base/ratio.h"

namespace crm::analytical {
namespace {

constexpr int64_t kTrillion = 1'000'000'000'000;

// Returns numerator / denominator of 0 to 1 in `unit` parts.
int64_t Part(absl::int128 numerator, absl::uint128 denominator, int64_t unit) {
  const auto scaled =
      Scale(numerator, {.numerator = static_cast<absl::uint128>(unit),
                        .denominator = denominator});
  return static_cast<int64_t>(scaled.value_or(0));
}

}  // namespace

WeightedMean MeanOf(absl::Span<const WeightedPart> parts) {
  int64_t weight = 0;
  int64_t all = 0;
  absl::int128 sum = 0;
  for (const WeightedPart& part : parts) {
    all += part.weight_millionths;
    if (!part.share.has_value()) continue;
    weight += part.weight_millionths;
    sum += absl::int128(part.weight_millionths) *
           Part(part.share->points,
                static_cast<absl::uint128>(part.share->best), kTrillion);
  }
  WeightedMean mean;
  if (weight == 0) return mean;
  const absl::uint128 most = absl::uint128(weight) * kTrillion;
  mean.score_millionths = static_cast<int32_t>(Part(sum, most, kWhole));
  mean.coverage_millionths = static_cast<int32_t>(Part(weight, all, kWhole));
  return mean;
}

}  // namespace crm::analytical
