// Fires the durable timers of a service.
//
// The effect of a timer and its removal are one commit, which also checks that
// the worker still holds the partition: so each timer has its effect once,
// however many processes there are and however slow one of them is. None fires
// before its time; a clock that is set ahead is not believed at once
// (PatientClock).

#ifndef CRM_SHARED_RESOURCE_TIMER_WORKER_H_
#define CRM_SHARED_RESOURCE_TIMER_WORKER_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/patient_clock.h"
#include "shared/call/method_table.h"
#include "shared/observe/metrics.h"
#include "shared/resource/kernel.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"
#include "shared/storage/lease_keeper.h"

namespace crm {

// Does what a timer is for, in the transaction that removes it. May run more
// than once for one timer, so it keeps nothing outside the transaction; may set
// the timer again.
using TimerBody = std::function<absl::Status(Transaction&, const Timer&)>;

// The functions of a service, by the kind of timer.
using TimerBodies = std::map<std::string, TimerBody>;

// The writing half of a timer that has to find something out first.
using TimerCommit = std::function<absl::Status(Transaction&)>;

// The reading half: called on the worker's thread before the transaction, so it
// may ask the database and take its time. May run more than once, too.
using TimerPlan =
    std::function<absl::StatusOr<TimerCommit>(const Timer& timer)>;
using TimerPlans = std::map<std::string, TimerPlan>;

// Works on timers. Thread-safe.
class TimerWorker {
 public:
  struct Options {
    // Names this life of this process and no other.
    std::string holder;
    // See LeaseKeeper::Options.
    bool takes_over = false;
    // How often a partition is looked at, at least.
    absl::Duration poll = absl::Seconds(1);
    // The most timers of a partition that are fired before the next one's turn.
    int batch = 64;
    // The waits after failures, doubling from the first to the last.
    absl::Duration first_retry = absl::Seconds(1);
    absl::Duration last_retry = absl::Minutes(10);
  };

  // `kernel` and `metrics` outlive this; the database has TimerTable() and
  // LeaseTables(). A kind has a body or a plan.
  TimerWorker(const Kernel& kernel, TimerBodies bodies, MetricRegistry& metrics,
              Options options, TimerPlans plans = {});

  // Stops.
  ~TimerWorker();
  TimerWorker(const TimerWorker&) = delete;
  TimerWorker& operator=(const TimerWorker&) = delete;

  // Starts the thread, if there is anything to fire. Called once.
  void Start();

  // Fires what is due in the partitions that are held, and returns how long
  // nothing will be. What the thread does; tests call it themselves.
  absl::Duration RunOnce();

  // Ends the thread after the timer it is at, and gives the partitions up.
  void Stop();

 private:
  // Fires what is due in one partition. Returns how many timers there were.
  absl::StatusOr<size_t> RunPartition(const Lease& lease, int partition);
  absl::Status Fire(const Lease& lease, const StoredTimer& timer);
  absl::StatusOr<TimerCommit> CommitOf(const Timer& timer) const;
  absl::Status Delay(const Lease& lease, const StoredTimer& timer,
                     const absl::Status& error);
  absl::Status Write(Database::WriteBody write);
  void Loop();
  bool stopping();

  const Kernel& kernel_;
  const TimerBodies bodies_;
  const TimerPlans plans_;
  const Options options_;
  const PatientClock clock_;
  LeaseKeeper keeper_;
  std::vector<std::string> kinds_;
  // What events and audit entries name as the method: `timers/KIND`.
  std::map<std::string, MethodInfo> methods_;
  Counter& fired_;
  Counter& failures_;
  Histogram& lateness_;
  Gauge& overdue_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_TIMER_WORKER_H_
