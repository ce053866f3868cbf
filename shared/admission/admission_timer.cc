#include "shared/admission/admission_timer.h"

#include <algorithm>

namespace crm {
namespace {

// Between two looks: calls which end soon after each other share one, and one
// that came later and gives up sooner is not overlooked.
constexpr absl::Duration kMinStep = absl::Milliseconds(1);
constexpr absl::Duration kMaxStep = absl::Milliseconds(5);

}  // namespace

AdmissionTimer::AdmissionTimer(Admission& admission) : admission_(admission) {
  admission_.SetOnWaiting([this] {
    {
      std::lock_guard lock(mutex_);
      waiting_ = true;
    }
    wake_.notify_one();
  });
  thread_ = std::thread([this] { Run(); });
}

AdmissionTimer::~AdmissionTimer() {
  admission_.SetOnWaiting(nullptr);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void AdmissionTimer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || waiting_; });
    if (stopping_) return;
    waiting_ = false;
    lock.unlock();
    const absl::Duration next = admission_.Expire();
    lock.lock();
    if (next == absl::InfiniteDuration()) continue;
    wake_.wait_for(
        lock, absl::ToChronoNanoseconds(std::clamp(next, kMinStep, kMaxStep)),
        [this] { return stopping_; });
    waiting_ = true;
  }
}

}  // namespace crm
