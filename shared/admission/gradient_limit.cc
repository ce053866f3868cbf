#include "shared/admission/gradient_limit.h"

#include <algorithm>
#include <cmath>

namespace crm {
namespace {

// A window closes with so many calls at least, or after kLongWindow with any.
constexpr int kMinCalls = 10;
constexpr absl::Duration kLongWindow = absl::Seconds(1);
// One call cannot say more than that, whatever held it up.
constexpr double kMaxRatio = 4;
constexpr double kMinGradient = 0.5;
constexpr double kSmoothing = 0.5;

}  // namespace

GradientLimit::GradientLimit(const Options& options)
    : options_(options), limit_(options.start) {}

void GradientLimit::Add(double ratio, int in_flight, absl::Duration now) {
  if (window_start_ == -absl::InfiniteDuration()) window_start_ = now;
  ratios_ += std::min(ratio, kMaxRatio);
  peak_ = std::max(peak_, in_flight);
  ++count_;
  const absl::Duration age = now - window_start_;
  if (age >= kLongWindow || (age >= kWindow && count_ >= kMinCalls)) Close(now);
}

void GradientLimit::Close(absl::Duration now) {
  const bool used = peak_ >= limit_ / 2;
  if (used && now >= probe_end_) {
    const double mean = ratios_ / count_;
    const double gradient = std::clamp(1 / mean, kMinGradient, 1.0);
    limit_ = gradient < 1 ? limit_ * (1 - kSmoothing * (1 - gradient))
                          : limit_ + std::sqrt(limit_);
    limit_ = std::clamp<double>(limit_, options_.min, options_.max);
  }
  if (!used) busy_since_ = absl::InfiniteDuration();
  if (used && busy_since_ == absl::InfiniteDuration()) busy_since_ = now;
  if (now - busy_since_ >= kProbeInterval) {
    busy_since_ = now;
    probe_end_ = now + kProbe;
  }
  window_start_ = now;
  ratios_ = 0;
  count_ = 0;
  peak_ = 0;
}

int GradientLimit::Limit(absl::Duration now) const {
  return now < probe_end_ ? options_.min : static_cast<int>(limit_);
}

}  // namespace crm
