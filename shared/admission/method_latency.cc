#include "shared/admission/method_latency.h"

#include <algorithm>
#include <utility>

namespace crm {
namespace {

// Waiting that little is no overload, however fast a method is alone: writes
// that arrive together are committed together, and each of them waits for all.
constexpr absl::Duration kSlack = absl::Milliseconds(40);
constexpr int kTolerance = 2;

}  // namespace

void MethodLatency::Add(absl::Duration latency, absl::Duration now) {
  samples_[count_ % kSamples] = latency;
  ++count_;
  last_ = now;
  if (count_ % kStride != 0) return;
  const size_t size = std::min(count_, kSamples);
  std::array<absl::Duration, kSamples> sorted = samples_;
  const auto middle = sorted.begin() + size / 2;
  std::nth_element(sorted.begin(), middle, sorted.begin() + size);
  median_ = *middle;
  if (now - generation_start_ > kGeneration) {
    generation_start_ = now;
    least_before_ = std::exchange(least_, absl::InfiniteDuration());
  }
  least_ = std::min(least_, median_);
}

std::optional<absl::Duration> MethodLatency::Median(absl::Duration now) const {
  if (count_ < kSamples || now - last_ > kMemory) return std::nullopt;
  return median_;
}

absl::Duration MethodLatency::Allowed() const {
  const absl::Duration least = std::min(least_, least_before_);
  return std::max(least * kTolerance, least + kSlack);
}

}  // namespace crm
