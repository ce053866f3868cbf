#include "shared/resource/operation_waits.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::google::longrunning::Operation;

constexpr absl::Duration kReadTimeout = absl::Seconds(5);

std::string PrincipalOf(const Call& call) {
  return absl::StrCat(call.context.principal.tenant, "\n",
                      call.context.principal.subject);
}

}  // namespace

OperationWaits::OperationWaits(Database& database, const Clock& clock,
                               Options options)
    : database_(database),
      clock_(clock),
      options_(options),
      thread_([this] { Loop(); }) {}

OperationWaits::~OperationWaits() { Stop(); }

absl::Status OperationWaits::Wait(std::shared_ptr<Call> call, absl::Time until,
                                  ReadOperation read, Done done) {
  std::list<Waiter> waiter;
  waiter.push_back({std::move(call), until, std::move(read), std::move(done)});
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) {
      const std::string principal = PrincipalOf(*waiter.front().call);
      if (principals_.count(principal) >= size_t{kMaxWaitsPerPrincipal} ||
          principals_.size() >= size_t{kMaxWaits}) {
        return WithRetryAfter(
            ResourceExhausted(
                "TOO_MANY_WAITS",
                absl::StrCat("A caller may wait for ", kMaxWaitsPerPrincipal,
                             " operations at a time. Wait for "
                             "fewer, or get them.")),
            absl::Seconds(1));
      }
      principals_.insert(principal);
      waiters_.splice(waiters_.end(), waiter);
      woken_ = true;
    }
  }
  if (waiter.empty()) {
    changed_.notify_all();
  } else {
    Look(waiter, /*all=*/true);
  }
  return absl::OkStatus();
}

void OperationWaits::Wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void OperationWaits::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OperationWaits::Loop() {
  std::unique_lock lock(mutex_);
  for (bool stopping = false; !stopping;) {
    const auto told = [this] { return stopping_ || woken_; };
    if (waiters_.empty()) {
      changed_.wait(lock, told);
    } else {
      absl::Duration pause = options_.check_interval;
      for (const Waiter& waiter : waiters_) {
        pause = std::min(pause, waiter.until - clock_.Now());
      }
      changed_.wait_for(lock, absl::ToChronoNanoseconds(pause), told);
    }
    woken_ = false;
    stopping = stopping_;
    std::list<Waiter> looked_at;
    looked_at.swap(waiters_);
    lock.unlock();
    Look(looked_at, stopping);
    lock.lock();
    waiters_.splice(waiters_.begin(), looked_at);
    principals_.clear();
    for (const Waiter& waiter : waiters_) {
      principals_.insert(PrincipalOf(*waiter.call));
    }
  }
}

void OperationWaits::Look(std::list<Waiter>& waiters, bool all) {
  for (auto waiter = waiters.begin(); waiter != waiters.end();) {
    absl::StatusOr<Operation> operation;
    const absl::Time now = clock_.Now();
    const bool over = all || now >= waiter->until || waiter->call->cancelled;
    const absl::Status status =
        database_.Read(now + kReadTimeout, [&](SqlReader& reader) {
          operation = waiter->read(reader);
          return operation.status();
        });
    // A store that is busy may answer the next time.
    const bool later = status.ok() ? !operation->done()
                                   : absl::IsUnavailable(status) ||
                                         absl::IsDeadlineExceeded(status);
    if (later && !over) {
      ++waiter;
      continue;
    }
    if (status.ok()) {
      waiter->done(Answer{operation->SerializeAsString(), {}});
    } else {
      waiter->done(status);
    }
    waiter = waiters.erase(waiter);
  }
}

}  // namespace crm
