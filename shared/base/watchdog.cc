#include "shared/base/watchdog.h"

#include <utility>

namespace crm {

Watchdog::Watchdog(absl::Duration patience, std::function<void(int)> exit)
    : thread_([this, patience, exit = std::move(exit)] {
        std::unique_lock<std::mutex> lock(mutex_);
        if (!wake_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                            [this] { return done_; })) {
          exit(kHungExitCode);
        }
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

}  // namespace crm
