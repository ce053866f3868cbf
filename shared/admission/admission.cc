#include "shared/admission/admission.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "shared/admission/refusals.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// The part of the limit that each class may use, lowest class first.
constexpr std::array<double, kCriticalityCount> kShares = {0.5, 0.7, 0.9, 1.0};
// How much memory may be in use for a class to be let in.
constexpr std::array<double, kCriticalityCount> kMemory = {0.8, 0.8, 0.9, 1e9};
// Why calls are refused, as metrics tell it.
constexpr char kOverloaded[] = "OVERLOADED";
constexpr char kMemoryShort[] = "MEMORY";
constexpr char kRateLimited[] = "RATE_LIMITED";
constexpr char kDeadlineTooShort[] = "DEADLINE_TOO_SHORT";
// The part of its time that a call may spend in line, and a CRITICAL_PLUS one.
constexpr int kWaitDivisor = 10;
constexpr int kCriticalPlusWaitDivisor = 2;
constexpr auto kTop = static_cast<size_t>(Criticality::kCriticalPlus);
// One in so many calls that seem too late is tried, so that a method that has
// become faster is noticed.
constexpr uint64_t kLateTrials = 16;

// Returns bounds for a histogram of waiting, in seconds.
std::vector<double> WaitBounds() {
  return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1};
}

double WeightOf(const std::map<std::string, double, std::less<>>& weights,
                absl::string_view tenant) {
  const auto found = weights.find(tenant);
  return found == weights.end() ? 1 : found->second;
}

}  // namespace

absl::string_view RateGroupOf(const MethodInfo& method) {
  const std::string& name = method.descriptor->name();
  if (absl::StartsWith(name, "Search")) return "search";
  return absl::StartsWith(name, "Export") ? "export" : "interactive";
}

Admission::Admission(Options options, const Clock& clock,
                     MetricRegistry& metrics)
    : options_(std::move(options)),
      clock_(clock),
      buckets_(options_.rates, options_.rate_share),
      limit_gauge_(metrics.AddGauge("crm_admission_limit_calls",
                                    "How many calls may be in flight.")),
      in_flight_gauge_(metrics.AddGauge("crm_admission_in_flight_calls",
                                        "How many calls are in flight.")),
      waiting_gauge_(metrics.AddGauge("crm_admission_waiting_calls",
                                      "How many calls wait to be let in.")),
      wait_seconds_(metrics.AddHistogram(
          "crm_admission_wait_seconds",
          "How long the calls waited that were let in.", WaitBounds())),
      limit_(options_.limit),
      line_([this](absl::string_view tenant) {
        return WeightOf(options_.weights, tenant);
      }) {
  for (int level = 0; level < kCriticalityCount; ++level) {
    const std::string name(CriticalityName(static_cast<Criticality>(level)));
    metrics_[level].admitted =
        &metrics.AddCounter("crm_admission_admitted_total",
                            "Calls that were let in.", {{"class", name}});
    for (const char* reason :
         {kOverloaded, kMemoryShort, kRateLimited, kDeadlineTooShort}) {
      metrics_[level].refused[reason] = &metrics.AddCounter(
          "crm_admission_refused_total", "Calls that were refused.",
          {{"class", name}, {"reason", reason}});
    }
  }
  limit_gauge_.Set(options_.limit.start);
}

void Admission::Enter(std::shared_ptr<Call> call, Decided decided) {
  CallContext& context = call->context;
  context.criticality =
      ParseCriticality(FindMetadata(call->metadata, kCriticalityMetadata));
  if (context.criticality == Criticality::kCriticalPlus &&
      (options_.may_be_critical_plus == nullptr ||
       !options_.may_be_critical_plus(context.principal))) {
    context.criticality = Criticality::kCritical;
  }
  const auto level = static_cast<size_t>(context.criticality);
  std::unique_lock lock(mutex_);
  const absl::Duration now = clock_.Monotonic();
  absl::Status status = Check(*call, now);
  if (status.ok() && Room(now)[level] > 0) {
    LetIn(*call, now);
  } else if (status.ok()) {
    const bool first = line_.size() == 0;
    const absl::Duration until = now + WaitOf(context);
    line_.Add({.call = std::move(call),
               .decided = std::move(decided),
               .since = now,
               .until = until});
    if (auto least = line_.Overflow(limit_.Limit(now))) {
      absl::Status refusal = Refuse(*least->call);
      verdicts_.push_back({*std::move(least), std::move(refusal)});
    }
    waiting_gauge_.Set(static_cast<double>(line_.size()));
    if (first && on_waiting_ != nullptr) on_waiting_();
    Tell(lock);
    return;
  }
  lock.unlock();
  decided(std::move(status), /*waited=*/false);
}

absl::Status Admission::Check(const Call& call, absl::Duration now) {
  const CallContext& context = call.context;
  const auto latency = latencies_.find(context.method);
  if (latency != latencies_.end()) {
    const auto median = latency->second.Median(now);
    if (median.has_value() && context.deadline - clock_.Now() < *median &&
        ++late_ % kLateTrials != 0) {
      CountRefusal(call, kDeadlineTooShort);
      return DeadlineTooShort();
    }
  }
  const auto level = static_cast<size_t>(context.criticality);
  if (options_.memory != nullptr && options_.memory(now) >= kMemory[level]) {
    CountRefusal(call, kMemoryShort);
    return Overloaded(RetryAfter(lately_shed_, lately_admitted_,
                                 static_cast<uint32_t>(refused_)));
  }
  if (buckets_.empty() || context.principal.system) return absl::OkStatus();
  const absl::string_view group = RateGroupOf(*context.method);
  const absl::Duration wait = buckets_.Take(
      context.principal.tenant, context.principal.subject, group, now);
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  CountRefusal(call, kRateLimited);
  return RateLimited(context.principal.subject, group, wait);
}

// Returns how many more calls of each class may be let in; a lower class never
// has more room than a higher one.
std::array<int, kCriticalityCount> Admission::Room(absl::Duration now) const {
  const int limit = limit_.Limit(now);
  std::array<int, kCriticalityCount> room{};
  for (size_t level = 0; level < room.size(); ++level) {
    const int bound = std::max(1, static_cast<int>(limit * kShares[level]));
    room[level] = bound - in_flight_;
  }
  room[kTop] =
      std::max(room[kTop], options_.limit.min - critical_plus_in_flight_);
  return room;
}

absl::Duration Admission::WaitOf(const CallContext& context) const {
  const absl::Duration left = context.deadline - clock_.Now();
  if (context.criticality == Criticality::kCriticalPlus) {
    return left / kCriticalPlusWaitDivisor;
  }
  return std::min(options_.max_wait, left / kWaitDivisor);
}

void Admission::LetIn(Call& call, absl::Duration now) {
  call.admitted = now;
  ++in_flight_;
  if (call.context.criticality == Criticality::kCriticalPlus) {
    ++critical_plus_in_flight_;
  }
  ++admitted_;
  if (now - lately_since_ > absl::Seconds(1)) {
    lately_since_ = now;
    lately_admitted_ /= 2;
    lately_shed_ /= 2;
  }
  ++lately_admitted_;
  line_.Admitted(call.context.principal.tenant);
  metrics_[static_cast<size_t>(call.context.criticality)].admitted->Increment();
  in_flight_gauge_.Set(in_flight_);
}

absl::Status Admission::Refuse(const Call& call) {
  CountRefusal(call, kOverloaded);
  return Overloaded(RetryAfter(lately_shed_, lately_admitted_,
                               static_cast<uint32_t>(refused_)));
}

void Admission::CountRefusal(const Call& call, absl::string_view reason) {
  ++refused_;
  if (reason == kOverloaded || reason == kMemoryShort) {
    ++shed_;
    ++lately_shed_;
  }
  metrics_[static_cast<size_t>(call.context.criticality)]
      .refused.find(reason)
      ->second->Increment();
}

void Admission::Leave(const Call& call, const absl::Status& status) {
  std::unique_lock lock(mutex_);
  const absl::Duration now = clock_.Monotonic();
  const CallContext& context = call.context;
  // Errors are quick and streams last; neither says how long the work takes.
  if (!context.method->descriptor->server_streaming() &&
      (status.ok() || absl::IsDeadlineExceeded(status))) {
    const absl::Duration took = now - call.admitted;
    MethodLatency& latency = latencies_[context.method];
    latency.Add(took, now);
    limit_.Add(absl::FDivDuration(took, latency.Allowed()), in_flight_, now);
    limit_gauge_.Set(limit_.Limit(now));
  }
  --in_flight_;
  if (context.criticality == Criticality::kCriticalPlus) {
    --critical_plus_in_flight_;
  }
  in_flight_gauge_.Set(in_flight_);
  line_.Ended(context.principal.tenant);
  LetWaitingIn(now);
  Tell(lock);
}

void Admission::LetWaitingIn(absl::Duration now) {
  while (line_.size() > 0) {
    auto next = line_.Next(limit_.Limit(now), Room(now));
    if (!next.has_value()) break;
    if (next->until <= now) {
      absl::Status refusal = Refuse(*next->call);
      verdicts_.push_back({*std::move(next), std::move(refusal)});
      continue;
    }
    LetIn(*next->call, now);
    wait_seconds_.Observe(absl::ToDoubleSeconds(now - next->since));
    verdicts_.push_back({*std::move(next), absl::OkStatus()});
  }
  waiting_gauge_.Set(static_cast<double>(line_.size()));
}

absl::Duration Admission::Expire() {
  std::unique_lock lock(mutex_);
  const absl::Duration now = clock_.Monotonic();
  while (auto expired = line_.Expired(now)) {
    absl::Status refusal = Refuse(*expired->call);
    verdicts_.push_back({*std::move(expired), std::move(refusal)});
  }
  LetWaitingIn(now);
  Tell(lock);
  return line_.NextExpiry() - now;
}

void Admission::Tell(std::unique_lock<std::mutex>& lock) {
  if (telling_) return;
  telling_ = true;
  while (!verdicts_.empty()) {
    std::vector<Verdict> verdicts = std::exchange(verdicts_, {});
    lock.unlock();
    for (Verdict& verdict : verdicts) {
      verdict.waiting.decided(std::move(verdict.status), /*waited=*/true);
    }
    verdicts.clear();
    lock.lock();
  }
  telling_ = false;
}

void Admission::SetOnWaiting(std::function<void()> on_waiting) {
  std::lock_guard lock(mutex_);
  on_waiting_ = std::move(on_waiting);
}

Admission::Stats Admission::GetStats() const {
  std::lock_guard lock(mutex_);
  return {.limit = limit_.Limit(clock_.Monotonic()),
          .in_flight = in_flight_,
          .waiting = static_cast<int>(line_.size()),
          .admitted = admitted_,
          .refused = refused_,
          .shed = shed_};
}

}  // namespace crm
