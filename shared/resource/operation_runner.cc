#include "shared/resource/operation_runner.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/row_calls.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

// Taking, renewing and storing wait for the writer's queue like other writes.
constexpr absl::Duration kDatabaseTimeout = absl::Seconds(30);

bool IsTaken(const absl::Status& status) {
  return ErrorReason(status) == "OPERATION_TAKEN";
}

std::string KeyOf(const StoredOperation& operation) {
  return absl::StrCat(operation.tenant, "\n", operation.name);
}

// The call that started `operation`, as if it were made now: with what its
// caller may do by now. Returns the errors of CallerSource::Find(), and
// PERMISSION_DENIED if he may not start it any more.
absl::StatusOr<CallContext> CallOf(const Kernel& kernel,
                                   const StoredOperation& operation,
                                   const MethodInfo& method,
                                   absl::Duration timeout) {
  const internal::v1::OperationRecord& record = operation.record;
  const absl::Time now = kernel.clock.Now();
  CallContext call;
  call.method = &method;
  call.principal.tenant = operation.tenant;
  call.principal.subject = record.actor().subject();
  call.principal.roles.assign(record.actor().roles().begin(),
                              record.actor().roles().end());
  call.principal.system = record.actor().system();
  call.principal.customer = record.actor().customer();
  call.principal.session_id = record.actor().session_id();
  if (record.actor().has_issue_time()) {
    call.principal.issue_time = FromTimestamp(record.actor().issue_time());
  }
  if (kernel.callers != nullptr) {
    CRM_ASSIGN_OR_RETURN(call.caller, kernel.callers->Find(call.principal));
    if (!call.caller->AccessTo(method.permission).allowed()) {
      return PermissionDenied(
          "PERMISSION_DENIED",
          absl::StrCat("The permission '", method.permission,
                       "' was taken from who started the operation."),
          {{"permission", method.permission}});
    }
  }
  call.now = now;
  call.deadline = now + timeout;
  call.trace_id = record.trace_id();
  return call;
}

OperationProgress ProgressOf(const internal::v1::OperationRecord& record) {
  return {record.checkpoint(), record.done_count(), record.total_count()};
}

}  // namespace

OperationRunner::OperationRunner(const Kernel& kernel, OperationKinds kinds,
                                 MetricRegistry& metrics, Options options)
    : kernel_(kernel),
      kinds_(std::move(kinds)),
      options_(options),
      clock_(kernel.clock),
      steps_(metrics.AddCounter("crm_operations_steps_total",
                                "Steps of operations that were committed.")),
      retries_(metrics.AddCounter("crm_operations_retries_total",
                                  "Steps of operations that failed and will "
                                  "be tried again.")),
      succeeded_(metrics.AddCounter("crm_operations_ended_total",
                                    "Operations that ended.",
                                    {{"outcome", "ok"}})),
      failed_(metrics.AddCounter("crm_operations_ended_total",
                                 "Operations that ended.",
                                 {{"outcome", "error"}})),
      running_gauge_(metrics.AddGauge("crm_operations_running",
                                      "Operations that are worked on now.")) {
  for (const auto& [path, kind] : kinds_) methods_.push_back(path);
}

OperationRunner::~OperationRunner() { Stop(); }

void OperationRunner::Start() {
  if (kinds_.empty()) return;
  for (int i = 0; i < options_.workers; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
  threads_.emplace_back([this] { Renew(); });
}

void OperationRunner::Wake() {
  {
    std::lock_guard lock(mutex_);
    ++woken_;
  }
  changed_.notify_all();
}

void OperationRunner::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool OperationRunner::stopping() {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void OperationRunner::Work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint64_t seen = woken_;
    lock.unlock();
    const absl::StatusOr<bool> worked = RunOnce();
    lock.lock();
    if (worked.ok() && *worked) continue;
    changed_.wait_for(lock, absl::ToChronoMilliseconds(options_.poll),
                      [&] { return stopping_ || woken_ != seen; });
  }
}

void OperationRunner::Renew() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, absl::ToChronoMilliseconds(options_.renew),
                      [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    RenewLeases();
    lock.lock();
  }
}

void OperationRunner::RenewLeases() {
  std::vector<StoredOperation> running;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, operation] : running_) running.push_back(operation);
  }
  for (const StoredOperation& operation : running) {
    // One that cannot be renewed may be taken by another worker; then the fence
    // keeps ours from having an effect.
    Write([&](SqlWriter& writer) {
      return RenewOperation(writer, operation, clock_.Now() + options_.lease);
    }).IgnoreError();
  }
}

absl::Status OperationRunner::Write(Database::WriteBody write) {
  return kernel_.database.WriteAndWait(kernel_.clock.Now() + kDatabaseTimeout,
                                       std::move(write));
}

absl::StatusOr<bool> OperationRunner::RunOnce() {
  CRM_ASSIGN_OR_RETURN(std::optional<StoredOperation> operation, Take());
  if (!operation.has_value()) return false;
  const std::string key = KeyOf(*operation);
  {
    std::lock_guard lock(mutex_);
    running_.insert_or_assign(key, *operation);
    running_gauge_.Set(static_cast<double>(running_.size()));
  }
  RunSlice(*std::move(operation));
  std::lock_guard lock(mutex_);
  running_.erase(key);
  running_gauge_.Set(static_cast<double>(running_.size()));
  return true;
}

absl::StatusOr<std::optional<StoredOperation>> OperationRunner::Take() {
  std::vector<StoredOperation> due;
  CRM_RETURN_IF_ERROR(kernel_.database.Read(
      kernel_.clock.Now() + kDatabaseTimeout,
      [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(due,
                             DueOperations(reader, methods_, clock_.Now()));
        return absl::OkStatus();
      }));
  for (const StoredOperation& candidate : due) {
    StoredOperation taken;
    const absl::Status status = Write([&](SqlWriter& writer) -> absl::Status {
      taken = candidate;
      CRM_RETURN_IF_ERROR(TakeOperation(writer, taken));
      internal::v1::OperationRecord& record = taken.record;
      if (!record.has_start_time()) {
        *record.mutable_start_time() = ToTimestamp(kernel_.clock.Now());
      }
      record.set_attempts(record.attempts() + 1);
      taken.due_time = clock_.Now() + options_.lease;
      return SaveOperation(writer, taken);
    });
    if (IsTaken(status)) continue;
    CRM_RETURN_IF_ERROR(status);
    return taken;
  }
  return std::nullopt;
}

void OperationRunner::RunSlice(StoredOperation operation) {
  const absl::Duration start = clock_.Monotonic();
  while (!operation.done) {
    // Counted when it is taken, so that a step that ends its process is tried
    // so often only, too.
    absl::StatusOr<StoredOperation> next =
        operation.record.attempts() > options_.max_attempts
            ? Internal("OPERATION_STUCK",
                       absl::StrCat("A step was cut off ",
                                    options_.max_attempts, " times."))
            : RunStep(operation);
    if (!next.ok()) {
      if (!IsTaken(next.status())) {
        Fail(operation, next.status()).IgnoreError();
      }
      return;
    }
    operation = *std::move(next);
    steps_.Increment();
    if (!operation.done && operation.record.attempts() == 0) return;
    if (stopping() || clock_.Monotonic() - start >= options_.slice) break;
  }
  if (operation.done) {
    succeeded_.Increment();
    return;
  }
  // If this fails, the operation waits until its lease is over.
  Write([&](SqlWriter& writer) -> absl::Status {
    StoredOperation released = operation;
    released.record.set_attempts(0);
    released.due_time = clock_.Now();
    return SaveOperation(writer, released);
  }).IgnoreError();
}

absl::StatusOr<StoredOperation> OperationRunner::RunStep(
    const StoredOperation& operation) {
  const MethodInfo& method = *kernel_.methods.Find(operation.record.method());
  const OperationKind& kind = kinds_.find(method.path)->second;
  CRM_ASSIGN_OR_RETURN(
      const CallContext call,
      CallOf(kernel_, operation, method, options_.step_timeout));
  const std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.descriptor->input_type())
          ->New());
  if (!request->ParseFromString(operation.record.request())) {
    return Internal("ROW_UNREADABLE", "A stored request could not be read.");
  }
  const OperationProgress progress = ProgressOf(operation.record);
  CRM_ASSIGN_OR_RETURN(
      const StepCommit commit,
      kind.step({kernel_, call, *request, operation.name, progress}));

  StoredOperation next;
  std::vector<internal::v1::Event> events;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    next = operation;
    Transaction transaction(writer, kernel_.catalog, call, kernel_.ids,
                            kernel_.clock.Now());
    CRM_ASSIGN_OR_RETURN(const StepResult result, commit(transaction));
    CRM_RETURN_IF_ERROR(transaction.status());
    if (result.progress.checkpoint.size() > kMaxCheckpointBytes) {
      return Internal("CHECKPOINT_TOO_LARGE", "A checkpoint is too large.");
    }
    next.record.set_checkpoint(result.progress.checkpoint);
    next.record.set_done_count(result.progress.done_count);
    next.record.set_total_count(result.progress.total_count);
    next.record.set_attempts(1);
    next.due_time = clock_.Now() + options_.lease;
    if (result.wait > absl::ZeroDuration()) {
      // No worker has it meanwhile.
      next.record.set_attempts(0);
      next.due_time =
          clock_.Now() + std::min(result.wait, kLongestOperationWait);
    }
    if (result.response != nullptr) {
      next.record.set_response_type(result.response->GetTypeName());
      next.record.set_response(result.response->SerializeAsString());
      End(next);
    }
    CRM_RETURN_IF_ERROR(SaveOperation(writer, next));
    return WriteCommitRecords(kernel_, transaction, operation.name, events);
  }));
  if (kernel_.on_commit && !events.empty()) kernel_.on_commit(events);
  if (next.done && kernel_.on_operation) kernel_.on_operation();
  return next;
}

void OperationRunner::End(StoredOperation& operation) const {
  const absl::Time now = kernel_.clock.Now();
  operation.done = true;
  operation.due_time = now + kOperationRetention;
  operation.record.clear_checkpoint();
  *operation.record.mutable_end_time() = ToTimestamp(now);
}

absl::Status OperationRunner::Fail(const StoredOperation& operation,
                                   absl::Status error) {
  bool again = false;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    // What is stored may be further than we know, where the answer of a commit
    // was lost.
    CRM_ASSIGN_OR_RETURN(
        std::optional<StoredOperation> stored,
        FindOperation(writer, operation.tenant, operation.name));
    if (!stored.has_value() || stored->done ||
        stored->epoch != operation.epoch) {
      return absl::OkStatus();
    }
    const int attempts = stored->record.attempts();
    again = MayPass(error) && attempts < options_.max_attempts;
    if (again) {
      const absl::Duration wait =
          options_.first_retry * (int64_t{1} << std::min(attempts - 1, 16));
      stored->due_time = clock_.Now() + std::min(wait, options_.last_retry);
    } else {
      *stored->record.mutable_error() = ToRpcStatus(error);
      End(*stored);
    }
    return SaveOperation(writer, *stored);
  }));
  (again ? retries_ : failed_).Increment();
  if (!again && kernel_.on_operation) kernel_.on_operation();
  return absl::OkStatus();
}

}  // namespace crm
