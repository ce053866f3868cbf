// Decides which calls a process serves, so that it does as much under any load
// as it can do under a full one, and does what matters most.
//
// A call is refused if its caller calls too often (RATE_LIMITED), if it would
// be late anyway (DEADLINE_TOO_SHORT), or if memory is short. What is left gets
// in while there are fewer calls in flight than the limit, which adapts itself;
// CRITICAL calls may use 90 % of it, SHEDDABLE_PLUS 70 %, SHEDDABLE 50 %.
// Others wait in line, for at most 50 ms or a tenth of the time they have, and
// are refused then (OVERLOADED).
//
// A CRITICAL_PLUS call does not pay for others: as many of them as the least
// limit are let in whatever else is in flight, so that there are never more
// calls than the limit and the least limit together; one beyond that waits,
// ahead of all others, for half of the time it has.

#ifndef CRM_SHARED_ADMISSION_ADMISSION_H_
#define CRM_SHARED_ADMISSION_ADMISSION_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/admission/gradient_limit.h"
#include "shared/admission/method_latency.h"
#include "shared/admission/token_buckets.h"
#include "shared/admission/waiting_line.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/observe/metrics.h"

namespace crm {

// Returns the group of methods whose rate counts for `method`: `search` for
// Search*, `export` for Export*, `interactive` for all others.
absl::string_view RateGroupOf(const MethodInfo& method);

// The calls of one process. Thread-safe.
class Admission final : public CallGate {
 public:
  struct Options {
    GradientLimit::Options limit = {};
    // Of calls below CRITICAL_PLUS.
    absl::Duration max_wait = absl::Milliseconds(50);
    // None by default.
    Rates rates = {};
    double rate_share = 1;
    // The weights of tenants that have another one than 1.
    std::map<std::string, double, std::less<>> weights = {};
    // Says who may ask for CRITICAL_PLUS; nobody by default.
    std::function<bool(const Principal&)> may_be_critical_plus = nullptr;
    // Returns the part of the memory that is used at a time of the monotonic
    // clock.
    std::function<double(absl::Duration now)> memory = nullptr;
  };

  // What came in since the start.
  struct Stats {
    int limit = 0;
    int in_flight = 0;
    int waiting = 0;
    uint64_t admitted = 0;
    uint64_t refused = 0;
    // Of the refused, those for want of room or memory.
    uint64_t shed = 0;
  };

  // `clock` and `metrics` outlive this.
  Admission(Options options, const Clock& clock, MetricRegistry& metrics);

  void Enter(std::shared_ptr<Call> call, Decided decided) override;
  void Leave(const Call& call, const absl::Status& status) override;

  // Refuses the calls that have waited for too long. Returns how long until the
  // next one has; infinite while none waits.
  absl::Duration Expire();

  // Sets what is called when a call begins to wait and none did. It must be
  // quick, and must not call back.
  void SetOnWaiting(std::function<void()> on_waiting);

  Stats GetStats() const;

 private:
  // What is decided and has yet to be told, without the lock.
  struct Verdict {
    WaitingCall waiting;
    absl::Status status;
  };
  struct ClassMetrics {
    Counter* admitted = nullptr;
    std::map<std::string, Counter*, std::less<>> refused;
  };

  // Each requires mutex_.
  absl::Status Check(const Call& call, absl::Duration now);
  std::array<int, kCriticalityCount> Room(absl::Duration now) const;
  absl::Duration WaitOf(const CallContext& context) const;
  void LetIn(Call& call, absl::Duration now);
  absl::Status Refuse(const Call& call);
  void LetWaitingIn(absl::Duration now);
  void CountRefusal(const Call& call, absl::string_view reason);
  // Tells all verdicts, one after the other, whoever made them: telling one may
  // bring about the next.
  void Tell(std::unique_lock<std::mutex>& lock);

  const Options options_;
  const Clock& clock_;
  TokenBuckets buckets_;
  std::array<ClassMetrics, kCriticalityCount> metrics_;
  Gauge& limit_gauge_;
  Gauge& in_flight_gauge_;
  Gauge& waiting_gauge_;
  Histogram& wait_seconds_;

  mutable std::mutex mutex_;
  GradientLimit limit_;
  WaitingLine line_;
  std::map<const MethodInfo*, MethodLatency> latencies_;
  int in_flight_ = 0;
  // Of them, those that are CRITICAL_PLUS.
  int critical_plus_in_flight_ = 0;
  uint64_t admitted_ = 0;
  uint64_t refused_ = 0;
  uint64_t shed_ = 0;
  uint64_t late_ = 0;
  // What happened lately, for RetryAfter: halved every second.
  double lately_admitted_ = 0;
  double lately_shed_ = 0;
  absl::Duration lately_since_ = -absl::InfiniteDuration();
  std::vector<Verdict> verdicts_;
  bool telling_ = false;
  std::function<void()> on_waiting_;
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_ADMISSION_H_
