// The signals that ask a process to stop.

#ifndef CRM_SERVICES_HOST_STOP_SIGNALS_H_
#define CRM_SERVICES_HOST_STOP_SIGNALS_H_

#include <csignal>
#include <functional>

#include "absl/time/time.h"

namespace crm {

// Takes SIGTERM and SIGINT, and SIGUSR1; ignores SIGHUP, since files that
// change are read anew without being told. Made before any thread is: all of
// them inherit that these signals come to nobody else. Thread-compatible.
class StopSignals {
 public:
  StopSignals();

  // Waits for a signal to stop, and returns it. Calls `on_user` for each
  // SIGUSR1 until then.
  int Wait(const std::function<void()>& on_user);

  // Waits for `time`, or until another signal to stop comes.
  void WaitFor(absl::Duration time);

  // Runs `work` on a thread of its own and waits for it. Calls `hurry` once,
  // from this thread, if a signal comes meanwhile.
  void While(const std::function<void()>& work,
             const std::function<void()>& hurry);

 private:
  // Returns whether a signal to stop came.
  bool Poll(absl::Duration time);

  sigset_t stop_;
  sigset_t all_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_STOP_SIGNALS_H_
