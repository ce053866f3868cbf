#include "shared/redis/circuit_breaker.h"

namespace crm {
namespace {

constexpr double kRampFloor = 0.1;
// A probe comes this share of the interval earlier or later.
constexpr double kProbeJitter = 0.2;

}  // namespace

CircuitBreaker::CircuitBreaker(const Options& options, const Clock& clock)
    : options_(options), clock_(clock), random_(options.seed) {}

bool CircuitBreaker::Allow() {
  std::lock_guard lock(mutex_);
  if (!open_ && !ramping_) return true;
  const absl::Duration now = clock_.Monotonic();
  if (open_) {
    if (now < next_probe_) return false;
    next_probe_ =
        now + options_.probe_interval * (1 + kProbeJitter * (2 * Draw() - 1));
    return true;
  }
  const absl::Duration age = now - ramp_start_;
  if (age >= options_.ramp) {
    ramping_ = false;
    return true;
  }
  const double share =
      kRampFloor + (1 - kRampFloor) * absl::FDivDuration(age, options_.ramp);
  return Draw() < share;
}

void CircuitBreaker::Succeeded() {
  std::lock_guard lock(mutex_);
  failures_ = 0;
  if (!open_) return;
  open_ = false;
  ramp_start_ = clock_.Monotonic();
  ramping_ = true;
}

void CircuitBreaker::Failed() {
  std::lock_guard lock(mutex_);
  if (open_ || ++failures_ < options_.failures_to_open) return;
  open_ = true;
  failures_ = 0;
  next_probe_ = clock_.Monotonic() +
                options_.probe_interval * (1 + kProbeJitter * (2 * Draw() - 1));
}

bool CircuitBreaker::closed() const {
  std::lock_guard lock(mutex_);
  return !open_;
}

double CircuitBreaker::Draw() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

}  // namespace crm
