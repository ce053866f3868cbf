// How long the calls of one method take: lately, and at best.

#ifndef CRM_SHARED_ADMISSION_METHOD_LATENCY_H_
#define CRM_SHARED_ADMISSION_METHOD_LATENCY_H_

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"

namespace crm {

// Follows one method. Times are of the monotonic clock. Thread-compatible.
class MethodLatency {
 public:
  // For how long what was seen counts.
  static constexpr absl::Duration kMemory = absl::Seconds(10);
  // How long a baseline lasts at least, and half as long as at most.
  static constexpr absl::Duration kGeneration = absl::Seconds(30);

  // Notes a call that took `latency` and ended at `now`.
  void Add(absl::Duration latency, absl::Duration now);

  // Returns the median of the latest calls; nothing while there are few, or if
  // the last one is longer ago than kMemory.
  std::optional<absl::Duration> Median(absl::Duration now) const;

  // Returns how long a call may take before it says that the service does too
  // much at once: twice the least median of the last 30 to 60 s, or 40 ms more
  // than that. Infinite while nothing is known.
  absl::Duration Allowed() const;

 private:
  static constexpr size_t kSamples = 32;
  // How many calls come between two looks at the median.
  static constexpr size_t kStride = 8;

  std::array<absl::Duration, kSamples> samples_{};
  size_t count_ = 0;
  absl::Duration last_ = -absl::InfiniteDuration();
  absl::Duration median_ = absl::ZeroDuration();
  absl::Duration generation_start_ = -absl::InfiniteDuration();
  absl::Duration least_ = absl::InfiniteDuration();
  absl::Duration least_before_ = absl::InfiniteDuration();
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_METHOD_LATENCY_H_
