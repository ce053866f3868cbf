#include "shared/rpc/open_calls.h"

#include "shared/base/errors.h"

namespace crm {

absl::Status Draining() {
  return Unavailable("DRAINING",
                     "The service is stopping. Try again; open a stream again "
                     "from its last cursor.");
}

bool OpenCalls::Begin() {
  std::lock_guard lock(mutex_);
  ++count_;
  return !draining_;
}

void OpenCalls::End() {
  std::lock_guard lock(mutex_);
  if (--count_ == 0 && draining_) changed_.notify_all();
}

void OpenCalls::Drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
}

bool OpenCalls::AwaitNone(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                    [this] { return count_ == 0 || hurried_; });
  return count_ == 0;
}

void OpenCalls::Hurry() {
  std::lock_guard lock(mutex_);
  hurried_ = true;
  changed_.notify_all();
}

int64_t OpenCalls::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace crm
