#include "services/host/background_work.h"

#include "services/host/store_contraction.h"
#include "shared/base/status_macros.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/request_log.h"
#include "shared/storage/program_version.h"

namespace crm {
namespace {

constexpr absl::Duration kWriteTimeout = absl::Seconds(30);
constexpr absl::Duration kJanitorInterval = absl::Minutes(10);
constexpr int64_t kAnswersAtOnce = 500;
// Operations are forgotten with their output, which may be large.
constexpr int64_t kOperationsAtOnce = 5;

TimerWorker::Options TimerOptions(const Kernel& kernel) {
  TimerWorker::Options options;
  options.holder = HolderOf(kStoreVersion, kernel.ids.NewId());
  // A store that has no clock of its own is one process's alone.
  options.takes_over = kernel.database.TimeSql().empty();
  return options;
}

}  // namespace

BackgroundWork::BackgroundWork(const Kernel& kernel,
                               const Application& application,
                               MetricRegistry& metrics)
    : kernel_(kernel),
      waits_(kernel.database, kernel.clock, {}),
      operations_(kernel, application.Operations(kernel), metrics, {}),
      timers_(kernel, application.timers(), metrics, TimerOptions(kernel),
              application.Plans(kernel)) {}

BackgroundWork::~BackgroundWork() { Stop(); }

void BackgroundWork::Start() {
  operations_.Start();
  timers_.Start();
  janitor_ = std::thread([this] { Clean(); });
}

void BackgroundWork::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (janitor_.joinable()) janitor_.join();
  waits_.Stop();
  operations_.Stop();
  timers_.Stop();
}

void BackgroundWork::Clean() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    ForgetAll(ForgetAnswers, kAnswersAtOnce);
    ForgetAll(ForgetOperations, kOperationsAtOnce);
    lock.lock();
    stopped_.wait_for(lock, absl::ToChronoSeconds(kJanitorInterval),
                      [this] { return stopping_; });
  }
}

// Forgets by the batch, so that each write is short.
void BackgroundWork::ForgetAll(absl::StatusOr<int64_t> (*forget)(SqlWriter&,
                                                                 absl::Time,
                                                                 int64_t),
                               int64_t batch) {
  int64_t forgotten = 0;
  do {
    const absl::Status status = kernel_.database.WriteAndWait(
        kernel_.clock.Now() + kWriteTimeout,
        [&](SqlWriter& writer) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(forgotten,
                               forget(writer, kernel_.clock.Now(), batch));
          return absl::OkStatus();
        });
    if (!status.ok()) return;
  } while (forgotten == batch);
}

}  // namespace crm
