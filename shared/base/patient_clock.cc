#include "shared/base/patient_clock.h"

namespace crm {

PatientClock::PatientClock(const Clock& clock)
    : clock_(clock),
      anchor_(clock.Now()),
      anchor_monotonic_(clock.Monotonic()) {}

absl::Time PatientClock::Now() const {
  std::lock_guard lock(mutex_);
  const absl::Time wall = clock_.Now();
  const absl::Duration monotonic = clock_.Monotonic();
  const absl::Time expected = anchor_ + (monotonic - anchor_monotonic_);
  const bool jumped = wall - expected > kClockStep;
  if (jumped && !ahead_since_.has_value()) ahead_since_ = monotonic;
  if (jumped && monotonic - *ahead_since_ < kClockDisbelief) return expected;
  // Anchoring anew at each look lets slow drift through.
  ahead_since_.reset();
  anchor_ = wall;
  anchor_monotonic_ = monotonic;
  return wall;
}

absl::Duration PatientClock::Monotonic() const { return clock_.Monotonic(); }

absl::Duration PatientClock::Ahead() const {
  const absl::Time now = Now();
  return clock_.Now() - now;
}

}  // namespace crm
