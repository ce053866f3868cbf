#include "shared/base/clock.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"

namespace crm {
namespace {

// The years 1 to 9999, which is what a Timestamp may hold.
constexpr int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;

}  // namespace

absl::Time SystemClock::Now() const {
  return absl::FromUnixMicros(absl::ToUnixMicros(absl::Now()));
}

absl::Duration SystemClock::Monotonic() const {
  return absl::FromChrono(std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

FakeClock::FakeClock(absl::Time now) : now_(now) {}

absl::Time FakeClock::Now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

absl::Duration FakeClock::Monotonic() const {
  std::lock_guard lock(mutex_);
  return monotonic_;
}

void FakeClock::Advance(absl::Duration step) {
  std::lock_guard lock(mutex_);
  now_ += step;
  monotonic_ += step;
}

void FakeClock::SetNow(absl::Time now) {
  std::lock_guard lock(mutex_);
  now_ = now;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1'000'000;
  int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(
      std::clamp(seconds, kMinTimestampSeconds, kMaxTimestampSeconds));
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  const int64_t seconds = std::clamp(timestamp.seconds(), kMinTimestampSeconds,
                                     kMaxTimestampSeconds);
  return absl::FromUnixMicros(seconds * 1'000'000 + timestamp.nanos() / 1000);
}

}  // namespace crm
