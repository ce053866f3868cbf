#include "tests/shared/resource/doomed_worker.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "shared/observe/metrics.h"
#include "tests/shared/resource/small_kernel.h"

namespace crm::testing {
namespace {

void WorkAndDie(const std::string& path, const Clock& clock, const Doom& doom) {
  SmallKernel store(path, clock);
  MetricRegistry metrics;
  OperationKinds kinds = store.application().Operations(store.kernel());
  int steps = 0;
  std::thread killer;
  for (auto& [method, kind] : kinds) {
    kind.step = [&, step = kind.step](const OperationStep& now) {
      const bool last = steps++ == doom.step;
      if (last && doom.inside) {
        killer = std::thread([&store, before = store.EventCount()] {
          while (store.EventCount() < before + 100) {
          }
          kill(getpid(), SIGKILL);
        });
      }
      absl::StatusOr<StepCommit> commit = step(now);
      if (last) kill(getpid(), SIGKILL);
      return commit;
    };
  }
  OperationRunner runner(store.kernel(), kinds, metrics, Patient());
  while (runner.RunOnce().ok()) {
  }
  _exit(1);
}

}  // namespace

OperationRunner::Options Patient() {
  OperationRunner::Options options;
  // A worker stays with an import until it is done or waits.
  options.slice = absl::Hours(1);
  options.lease = absl::Seconds(1);
  return options;
}

void KillWorkers(const std::string& path, FakeClock& clock,
                 const std::vector<Doom>& dooms) {
  for (const Doom& doom : dooms) {
    const pid_t child = fork();
    ASSERT_NE(child, -1);
    if (child == 0) WorkAndDie(path, clock, doom);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    // The lease of the dead runs out.
    clock.Advance(absl::Seconds(2));
  }
}

}  // namespace crm::testing
