#include "services/host/stop_signals.h"

#include <atomic>
#include <thread>

namespace crm {
namespace {

// How soon the end of the work is noticed.
constexpr absl::Duration kStep = absl::Milliseconds(10);

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&stop_);
  sigaddset(&stop_, SIGTERM);
  sigaddset(&stop_, SIGINT);
  all_ = stop_;
  sigaddset(&all_, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  std::signal(SIGHUP, SIG_IGN);
}

int StopSignals::Wait(const std::function<void()>& on_user) {
  int signal = 0;
  for (sigwait(&all_, &signal); signal == SIGUSR1; sigwait(&all_, &signal)) {
    on_user();
  }
  return signal;
}

void StopSignals::WaitFor(absl::Duration time) { Poll(time); }

void StopSignals::While(const std::function<void()>& work,
                        const std::function<void()>& hurry) {
  std::atomic<bool> done{false};
  std::thread worker([&] {
    work();
    done = true;
  });
  bool hurried = false;
  while (!done) {
    if (!Poll(kStep) || hurried) continue;
    hurried = true;
    hurry();
  }
  worker.join();
}

bool StopSignals::Poll(absl::Duration time) {
  const timespec timeout = absl::ToTimespec(time);
  return sigtimedwait(&stop_, nullptr, &timeout) > 0;
}

}  // namespace crm
