#include "shared/resource/timer_worker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/commit_records.h"
#include "shared/storage/lease.h"

namespace crm {
namespace {

constexpr absl::Duration kDatabaseTimeout = absl::Seconds(30);
// How much of an error is kept with a timer.
constexpr size_t kMaxErrorBytes = 500;

LeaseKeeper::Options KeeperOptions(const TimerWorker::Options& options) {
  LeaseKeeper::Options keeper;
  keeper.pool = "timers";
  keeper.holder = options.holder;
  keeper.takes_over = options.takes_over;
  for (int part = 0; part < kTimerPartitions; ++part) {
    keeper.names.push_back(absl::StrFormat("%02d", part));
  }
  return keeper;
}

std::vector<double> LatenessBounds() {
  return {0.01, 0.1, 0.5, 1, 2, 5, 10, 60, 600, 3600};
}

}  // namespace

TimerWorker::TimerWorker(const Kernel& kernel, TimerBodies bodies,
                         MetricRegistry& metrics, Options options,
                         TimerPlans plans)
    : kernel_(kernel),
      bodies_(std::move(bodies)),
      plans_(std::move(plans)),
      options_(std::move(options)),
      clock_(kernel.clock),
      keeper_(kernel.database, kernel.clock, KeeperOptions(options_)),
      fired_(metrics.AddCounter("crm_timers_fired_total",
                                "Timers that had their effect.")),
      failures_(metrics.AddCounter("crm_timers_failures_total",
                                   "Tries of timers that failed.")),
      lateness_(metrics.AddHistogram("crm_timers_lateness_seconds",
                                     "How long after their time timers fired.",
                                     LatenessBounds())),
      overdue_(metrics.AddGauge("crm_timers_overdue_seconds",
                                "For how long the timer that waits longest "
                                "has been due.")) {
  for (const auto& [kind, body] : bodies_) kinds_.push_back(kind);
  for (const auto& [kind, plan] : plans_) kinds_.push_back(kind);
  for (const std::string& kind : kinds_) {
    methods_[kind].path = absl::StrCat("timers/", kind);
    methods_[kind].mutating = true;
  }
}

TimerWorker::~TimerWorker() { Stop(); }

void TimerWorker::Start() {
  if (kinds_.empty()) return;
  thread_ = std::thread([this] { Loop(); });
}

void TimerWorker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  // What is not given up is free when the leases are over.
  keeper_.GiveUp().IgnoreError();
}

bool TimerWorker::stopping() {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void TimerWorker::Loop() {
  while (!stopping()) {
    const absl::Duration wait = RunOnce();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMicroseconds(wait),
                      [this] { return stopping_; });
  }
}

absl::Duration TimerWorker::RunOnce() {
  absl::Duration wait = std::min(keeper_.Tick(), options_.poll);
  const absl::Time now = clock_.Now();
  absl::Duration overdue = absl::ZeroDuration();
  for (const Lease& lease : keeper_.Held()) {
    if (stopping()) break;
    int partition = 0;
    if (!absl::SimpleAtoi(lease.name.name, &partition)) continue;
    const absl::StatusOr<size_t> count = RunPartition(lease, partition);
    if (!count.ok()) {
      if (ErrorReason(count.status()) == "LEASE_LOST") keeper_.Drop(lease);
      continue;
    }
    if (*count == static_cast<size_t>(options_.batch)) {
      wait = absl::ZeroDuration();
    }
    std::optional<absl::Time> next;
    const absl::Status read = kernel_.database.Read(
        kernel_.clock.Now() + kDatabaseTimeout,
        [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(next, NextTimer(reader, partition));
          return absl::OkStatus();
        });
    if (!read.ok() || !next.has_value()) continue;
    overdue = std::max(overdue, now - *next);
    wait = std::min(wait, std::max(*next - now, absl::ZeroDuration()));
  }
  overdue_.Set(absl::ToDoubleSeconds(overdue));
  // A timer of a kind that is not known here stays due: it must not keep us
  // busy.
  return overdue > absl::ZeroDuration() ? std::max(wait, absl::Milliseconds(50))
                                        : wait;
}

absl::StatusOr<size_t> TimerWorker::RunPartition(const Lease& lease,
                                                 int partition) {
  std::vector<StoredTimer> due;
  CRM_RETURN_IF_ERROR(kernel_.database.Read(
      kernel_.clock.Now() + kDatabaseTimeout,
      [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(due, DueTimers(reader, partition, kinds_,
                                            clock_.Now(), options_.batch));
        return absl::OkStatus();
      }));
  for (const StoredTimer& timer : due) {
    if (stopping()) break;
    const absl::Status fired = Fire(lease, timer);
    if (fired.ok()) continue;
    if (ErrorReason(fired) == "LEASE_LOST") return fired;
    failures_.Increment();
    CRM_RETURN_IF_ERROR(Delay(lease, timer, fired));
  }
  return due.size();
}

absl::Status TimerWorker::Write(Database::WriteBody write) {
  return kernel_.database.WriteAndWait(kernel_.clock.Now() + kDatabaseTimeout,
                                       std::move(write));
}

absl::StatusOr<TimerCommit> TimerWorker::CommitOf(const Timer& timer) const {
  if (const auto plan = plans_.find(timer.kind); plan != plans_.end()) {
    return plan->second(timer);
  }
  const TimerBody& body = bodies_.find(timer.kind)->second;
  return [&body, &timer](Transaction& transaction) {
    return body(transaction, timer);
  };
}

absl::Status TimerWorker::Fire(const Lease& lease, const StoredTimer& stored) {
  CallContext call;
  call.method = &methods_.find(stored.timer.kind)->second;
  call.principal.tenant = stored.timer.tenant;
  call.principal.subject = absl::StrCat("system:", kernel_.service);
  call.principal.system = true;
  call.now = kernel_.clock.Now();
  call.deadline = call.now + kDatabaseTimeout;

  CRM_ASSIGN_OR_RETURN(const TimerCommit commit, CommitOf(stored.timer));
  std::vector<internal::v1::Event> events;
  bool taken = false;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    events.clear();
    CRM_RETURN_IF_ERROR(CheckLease(writer, lease));
    CRM_ASSIGN_OR_RETURN(taken, TakeTimer(writer, stored));
    // It was moved or cleared since it was read.
    if (!taken) return absl::OkStatus();
    Transaction transaction(writer, kernel_.catalog, call, kernel_.ids,
                            kernel_.clock.Now());
    CRM_RETURN_IF_ERROR(commit(transaction));
    CRM_RETURN_IF_ERROR(transaction.status());
    return WriteCommitRecords(kernel_, transaction, "", events);
  }));
  if (!taken) return absl::OkStatus();
  fired_.Increment();
  lateness_.Observe(absl::ToDoubleSeconds(
      std::max(clock_.Now() - stored.timer.due_time, absl::ZeroDuration())));
  if (kernel_.on_commit && !events.empty()) kernel_.on_commit(events);
  return absl::OkStatus();
}

absl::Status TimerWorker::Delay(const Lease& lease, const StoredTimer& stored,
                                const absl::Status& error) {
  const absl::Duration wait =
      std::min(options_.first_retry *
                   (int64_t{1} << std::min(stored.timer.attempts, 16)),
               options_.last_retry);
  const std::string text =
      absl::StrCat(ErrorReason(error), ": ", error.message())
          .substr(0, kMaxErrorBytes);
  return Write([&](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(CheckLease(writer, lease));
    return DelayTimer(writer, stored, clock_.Now() + wait, text);
  });
}

}  // namespace crm
