#include "services/analytical/domain/frameworks/steadiness.h"

#include <cmath>

#include "absl/algorithm/container.h"

namespace crm::analytical {

Steadiness MeasureSteadiness(absl::Span<const double> values) {
  Steadiness steadiness;
  if (values.empty()) return steadiness;
  const auto count = static_cast<double>(values.size());
  steadiness.mean = absl::c_accumulate(values, 0.0) / count;
  for (const double value : values) {
    const double away = value - steadiness.mean;
    steadiness.variance += away * away / count;
  }
  if (steadiness.mean > 0) {
    steadiness.variation = std::sqrt(steadiness.variance) / steadiness.mean;
  }
  return steadiness;
}

}  // namespace crm::analytical
