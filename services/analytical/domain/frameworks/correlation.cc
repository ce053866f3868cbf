#include "services/analytical/domain/frameworks/correlation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/algorithm/container.h"

namespace crm::analytical {
namespace {

double MeanOf(absl::Span<const double> values) {
  return absl::c_accumulate(values, 0.0) / static_cast<double>(values.size());
}

// Whether all values are one: a sum of squares need not come to 0 then.
bool IsFlat(absl::Span<const double> values) {
  return absl::c_all_of(values,
                        [&](double value) { return value == values[0]; });
}

}  // namespace

std::optional<double> Correlation(absl::Span<const double> a,
                                  absl::Span<const double> b) {
  if (a.empty() || IsFlat(a) || IsFlat(b)) return std::nullopt;
  const double mean_a = MeanOf(a);
  const double mean_b = MeanOf(b);
  double together = 0;
  double square_a = 0;
  double square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double away_a = a[i] - mean_a;
    const double away_b = b[i] - mean_b;
    together += away_a * away_b;
    square_a += away_a * away_a;
    square_b += away_b * away_b;
  }
  const double strength = together / std::sqrt(square_a * square_b);
  if (!std::isfinite(strength)) return std::nullopt;
  return std::clamp(strength, -1.0, 1.0);
}

}  // namespace crm::analytical
