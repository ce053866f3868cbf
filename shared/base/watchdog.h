// Ends the process when something that must end does not.

#ifndef CRM_SHARED_BASE_WATCHDOG_H_
#define CRM_SHARED_BASE_WATCHDOG_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace crm {

// The exit code of a process that the watchdog ended.
inline constexpr int kHungExitCode = 70;

// Calls `exit` with kHungExitCode unless it is destroyed within its patience.
// Thread-safe.
class Watchdog {
 public:
  Watchdog(absl::Duration patience, std::function<void(int)> exit);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_BASE_WATCHDOG_H_
