// Stops calling a server that fails, and finds out when it is back.

#ifndef CRM_SHARED_REDIS_CIRCUIT_BREAKER_H_
#define CRM_SHARED_REDIS_CIRCUIT_BREAKER_H_

#include <mutex>
#include <random>

#include "absl/time/time.h"
#include "shared/base/clock.h"

namespace crm {

// Opens after a number of failures in a row. While open it lets one call
// through per interval, with jitter so that processes do not probe together;
// the first success closes it. After that it may let through a growing share
// only, so that a server that has just started is not flooded. Thread-safe.
class CircuitBreaker {
 public:
  struct Options {
    int failures_to_open = 5;
    absl::Duration probe_interval = absl::Milliseconds(500);
    // How long the share of calls takes to grow from a tenth to all.
    absl::Duration ramp = absl::ZeroDuration();
    uint64_t seed = std::random_device()();
  };

  CircuitBreaker(const Options& options, const Clock& clock);

  // Returns whether a call may be made now. A caller that was allowed reports
  // how it went.
  bool Allow();
  void Succeeded();
  void Failed();

  // Returns whether calls are let through, all or a share of them.
  bool closed() const;

 private:
  // Returns a random number in [0, 1).
  double Draw();

  const Options options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  int failures_ = 0;
  bool open_ = false;
  absl::Duration next_probe_;
  // Whether only a share of the calls may be let through, and since when.
  bool ramping_ = false;
  absl::Duration ramp_start_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_CIRCUIT_BREAKER_H_
