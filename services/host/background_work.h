// What a service does beside answering calls: carries out operations, fires
// timers, and forgets what is kept for a time only.

#ifndef CRM_SERVICES_HOST_BACKGROUND_WORK_H_
#define CRM_SERVICES_HOST_BACKGROUND_WORK_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/observe/metrics.h"
#include "shared/resource/application.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_runner.h"
#include "shared/resource/operation_waits.h"
#include "shared/resource/timer_worker.h"

namespace crm {

// The background work of one service. Thread-safe.
class BackgroundWork {
 public:
  // All outlive this.
  BackgroundWork(const Kernel& kernel, const Application& application,
                 MetricRegistry& metrics);

  // Stops.
  ~BackgroundWork();

  // Starts the threads. Called once.
  void Start();

  // Says that there is a new operation, or that one has ended; cheap.
  void Wake() {
    operations_.Wake();
    waits_.Wake();
  }

  // Who waits for operations. Stop it before the server, so that all are
  // answered.
  OperationWaits& waits() { return waits_; }

  // Ends the threads, each after the step it is at. Repeating it does nothing.
  void Stop();

 private:
  void Clean();
  void ForgetAll(absl::StatusOr<int64_t> (*forget)(SqlWriter&, absl::Time,
                                                   int64_t),
                 int64_t batch);

  const Kernel& kernel_;
  OperationWaits waits_;
  OperationRunner operations_;
  TimerWorker timers_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread janitor_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_BACKGROUND_WORK_H_
