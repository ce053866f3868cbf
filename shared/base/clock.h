// Where time comes from: the machine's clocks, or a clock that a test sets.
//
// Durations and leases use the monotonic clock, stored instants the wall clock;
// code that needs either is handed a Clock, and domain code is handed the time.

#ifndef CRM_SHARED_BASE_CLOCK_H_
#define CRM_SHARED_BASE_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace crm {

// Tells the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Returns the wall clock's time, truncated to microseconds, which is what is
  // stored.
  virtual absl::Time Now() const = 0;

  // Returns the time since some fixed point, never less than before.
  virtual absl::Duration Monotonic() const = 0;
};

// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
};

// A clock that stands still until it is told otherwise. Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now);

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;

  // Moves both clocks by `step`, which is not negative.
  void Advance(absl::Duration step);

  // Sets the wall clock alone, as an operator or a time server would.
  void SetNow(absl::Time now);

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
  absl::Duration monotonic_ = absl::ZeroDuration();
};

// Converts between absl::Time and Timestamp, to the microsecond. A Timestamp out
// of range becomes the nearest instant that is in it.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace crm

#endif  // CRM_SHARED_BASE_CLOCK_H_
