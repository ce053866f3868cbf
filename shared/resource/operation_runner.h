// The workers that carry out the operations of a service.
//
// A worker takes an operation that is due, by a lease, and runs its steps one
// by one; each step's effect and where the next one goes on are one commit,
// fenced by the operation's epoch. After a while it lets the operation go, so
// that all move on. One whose worker died is due again when its lease runs out.
// Any number of processes may work on one store.

#ifndef CRM_SHARED_RESOURCE_OPERATION_RUNNER_H_
#define CRM_SHARED_RESOURCE_OPERATION_RUNNER_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/patient_clock.h"
#include "shared/observe/metrics.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"
#include "shared/resource/operation_table.h"

namespace crm {

// Works on operations. Thread-safe.
class OperationRunner {
 public:
  struct Options {
    int workers = 2;
    // How long a worker that gives no sign of life keeps an operation, and how
    // often it gives one.
    absl::Duration lease = absl::Seconds(10);
    absl::Duration renew = absl::Seconds(3);
    // For how long a worker stays with one operation.
    absl::Duration slice = absl::Milliseconds(500);
    // How often operations are looked for when nobody tells of any.
    absl::Duration poll = absl::Seconds(1);
    // The longest step.
    absl::Duration step_timeout = absl::Minutes(5);
    // The waits after failures that may pass, doubling from the first to the
    // last, and after how many tries of a step the operation fails.
    absl::Duration first_retry = absl::Seconds(1);
    absl::Duration last_retry = absl::Minutes(1);
    int max_attempts = 20;
  };

  // `kernel` and `metrics` outlive this.
  OperationRunner(const Kernel& kernel, OperationKinds kinds,
                  MetricRegistry& metrics, Options options);

  // Stops.
  ~OperationRunner();
  OperationRunner(const OperationRunner&) = delete;
  OperationRunner& operator=(const OperationRunner&) = delete;

  // Starts the workers. Called once.
  void Start();

  // Says that there may be a new operation; cheap.
  void Wake();

  // Takes an operation that is due and works on it for a slice. Returns whether
  // there was one, or why none could be taken. What the workers do; tests call
  // it themselves.
  absl::StatusOr<bool> RunOnce();

  // Gives a sign of life for every operation that is worked on.
  void RenewLeases();

  // Ends the workers after the steps they are at, and lets their operations go.
  void Stop();

 private:
  struct Outcome;

  void Work();
  void Renew();
  bool stopping();

  absl::StatusOr<std::optional<StoredOperation>> Take();
  void RunSlice(StoredOperation operation);
  // Returns the operation after a step of it.
  absl::StatusOr<StoredOperation> RunStep(const StoredOperation& operation);
  // Stores that a step failed: the operation is tried again later, or is done.
  absl::Status Fail(const StoredOperation& operation, absl::Status error);
  // Runs `write` in a transaction.
  absl::Status Write(Database::WriteBody write);
  void End(StoredOperation& operation) const;

  const Kernel& kernel_;
  const OperationKinds kinds_;
  const Options options_;
  const PatientClock clock_;
  std::vector<std::string> methods_;
  Counter& steps_;
  Counter& retries_;
  Counter& succeeded_;
  Counter& failed_;
  Gauge& running_gauge_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  uint64_t woken_ = 0;
  // What is worked on in this process, by tenant and name.
  std::map<std::string, StoredOperation> running_;
  std::vector<std::thread> threads_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_RUNNER_H_
