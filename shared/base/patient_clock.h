// A wall clock that does not follow a jump at once.
//
// What is due at an instant must not come early because somebody set the clock.
// This clock runs with the monotonic one: after a jump ahead it stays behind
// the wall clock until that has stood for a while, and then follows. It is
// never ahead of the wall clock, so a clock that is set back is followed at
// once.

#ifndef CRM_SHARED_BASE_PATIENT_CLOCK_H_
#define CRM_SHARED_BASE_PATIENT_CLOCK_H_

#include <mutex>
#include <optional>

#include "absl/time/time.h"
#include "shared/base/clock.h"

namespace crm {

// A wall clock that moves by more than this against the monotonic one has been
// set, and has not just been drifting.
inline constexpr absl::Duration kClockStep = absl::Seconds(2);
// For how long a clock that was set ahead is not believed.
inline constexpr absl::Duration kClockDisbelief = absl::Minutes(5);

// Tells the time of `clock`, which outlives it, without its jumps. Thread-safe.
class PatientClock final : public Clock {
 public:
  explicit PatientClock(const Clock& clock);

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;

  // Returns by how much the wall clock is ahead of Now(): zero but after a
  // jump.
  absl::Duration Ahead() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  // An instant at which both clocks were believed.
  mutable absl::Time anchor_;
  mutable absl::Duration anchor_monotonic_;
  // Since when the wall clock has been ahead, by the monotonic clock.
  mutable std::optional<absl::Duration> ahead_since_;
};

}  // namespace crm

#endif  // CRM_SHARED_BASE_PATIENT_CLOCK_H_
