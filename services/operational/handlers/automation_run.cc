#include "services/operational/handlers/automation_run.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "services/operational/domain/automation.h"
#include "services/operational/domain/automation_budget.h"
#include "services/operational/handlers/automation_actions.h"
#include "services/operational/handlers/automation_budget.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/import_mapping.h"
#include "shared/resource/read_view.h"

namespace crm::operational {
namespace {

using Automation = v1::Automation;
using Run = v1::AutomationRun;
using ::crm::internal::v1::Event;

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr size_t kMaxMessageBytes = 1000;

// A run, and what was found out before its transaction.
struct Task {
  std::string automation;
  std::string event_id;
  // How often it was tried before, and why that failed.
  int attempts = 0;
  std::string last_error;
  // As they were found; empty where there is none any more.
  std::optional<Automation> found;
  std::optional<Event> event;
  // The call that the actions are made as.
  CallContext call;
};

// The call by which `automation` acts: with what who activated it may do now.
// It counts as made by the token of then, so that ending his sessions ends this
// too.
absl::StatusOr<CallContext> CallOf(const Kernel& kernel,
                                   const std::string& tenant,
                                   const Automation& automation,
                                   const Event& event) {
  CallContext call;
  call.principal.tenant = tenant;
  call.principal.subject = automation.run_as();
  call.principal.roles.assign(automation.run_as_roles().begin(),
                              automation.run_as_roles().end());
  call.principal.issue_time = FromTimestamp(automation.activate_time());
  call.now = kernel.clock.Now();
  call.deadline = call.now + kTimeout;
  call.trace_id = event.trace_id();
  call.cause_event_id = event.id();
  call.cause_chain.assign(event.cause_chain().begin(),
                          event.cause_chain().end());
  call.cause_chain.push_back(automation.name());
  if (kernel.callers != nullptr) {
    CRM_ASSIGN_OR_RETURN(call.caller, kernel.callers->Find(call.principal));
  }
  return call;
}

template <typename T>
absl::StatusOr<std::optional<T>> IfFound(absl::StatusOr<T> found) {
  if (absl::IsNotFound(found.status())) return std::nullopt;
  CRM_RETURN_IF_ERROR(found.status());
  return *std::move(found);
}

absl::Status FindOut(const Kernel& kernel, const std::string& tenant,
                     Task& task) {
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      kernel.clock.Now() + kTimeout, [&](SqlReader& reader) -> absl::Status {
        const ReadView view(reader, kernel.catalog, tenant);
        CRM_ASSIGN_OR_RETURN(
            task.found, IfFound(view.GetLive<Automation>(task.automation)));
        CRM_ASSIGN_OR_RETURN(task.event, IfFound(kernel.outbox.Find(
                                             reader, tenant, task.event_id)));
        return absl::OkStatus();
      }));
  if (!task.found.has_value() || !task.event.has_value() ||
      task.attempts >= kMaxRunTries) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(task.call,
                       CallOf(kernel, tenant, *task.found, *task.event));
  return absl::OkStatus();
}

// Returns the record of a run that is about to end.
Run NewRun(const Automation& automation, const Task& task) {
  Run run;
  run.set_name(absl::StrCat("automationRuns/",
                            IdOfKey(automation.uid(), task.event_id)));
  run.set_automation(automation.name());
  run.set_event_id(task.event_id);
  run.set_run_as(automation.run_as());
  run.set_attempts(task.attempts + 1);
  if (task.event.has_value()) {
    run.set_resource(task.event->resource());
    *run.mutable_event_time() = task.event->event_time();
    *run.mutable_cause_chain() = task.event->cause_chain();
  }
  return run;
}

void End(Transaction& transaction, Run& run, Run::State state,
         absl::string_view reason = "", absl::string_view message = "") {
  run.set_state(state);
  run.set_reason(std::string(reason));
  run.set_message(std::string(message.substr(0, kMaxMessageBytes)));
  transaction.Create(run);
}

// Ends a run that was tried as often as it may be. `error` is `REASON:
// message`.
void Fail(Transaction& transaction, Run& run, absl::string_view error) {
  run.set_attempts(run.attempts() - 1);
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(error, absl::MaxSplits(": ", 1));
  End(transaction, run, Run::FAILED, parts.first, parts.second);
}

absl::Status Act(const InnerCalls& calls, Transaction& transaction,
                 const Task& task, const Automation& automation, Run& run) {
  CRM_ASSIGN_OR_RETURN(const SeenChange change,
                       SeeChange(transaction, task.call, *task.event));
  if (!change.visible()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  if (!MeetsConditions(automation, *change.type->schema.message(),
                       change.before.get(), change.after.get(),
                       custom->finder())) {
    return absl::OkStatus();
  }
  const LoopRefusal refusal = CheckCauseChain(
      automation.name(), {run.cause_chain().begin(), run.cause_chain().end()});
  if (!refusal.reason.empty()) {
    End(transaction, run, Run::SKIPPED, refusal.reason, refusal.message);
    return absl::OkStatus();
  }
  std::vector<PerformedAction> performed;
  CRM_RETURN_IF_ERROR(PerformActions(calls, transaction, task.call, automation,
                                     change, performed));
  for (PerformedAction& done : performed) {
    *run.add_results() = std::move(done.result);
  }
  End(transaction, run, Run::DONE);
  return absl::OkStatus();
}

absl::Status Commit(const InnerCalls& calls, Transaction& transaction,
                    const Task& task) {
  CRM_ASSIGN_OR_RETURN(
      const std::optional<Automation> automation,
      IfFound(transaction.view().GetLive<Automation>(task.automation)));
  if (!automation.has_value() || !task.found.has_value()) {
    return absl::OkStatus();
  }
  Run run = NewRun(*automation, task);
  const Resource& runs = *transaction.view().catalog().Find(Run::descriptor());
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> before,
                       transaction.view().Find(runs, run.name()));
  if (before.has_value()) return absl::OkStatus();
  if (!task.event.has_value()) {
    End(transaction, run, Run::FAILED, "EVENT_NOT_FOUND",
        "The log has the event no more.");
    return absl::OkStatus();
  }
  if (!MayRun(*automation)) {
    End(transaction, run, Run::SKIPPED, "AUTOMATION_NOT_ACTIVE",
        "It was paused or retired before it came to the event.");
    return absl::OkStatus();
  }
  if (task.attempts >= kMaxRunTries) {
    Fail(transaction, run, task.last_error);
    return absl::OkStatus();
  }
  if (automation->etag() != task.found->etag()) {
    return Aborted("AUTOMATION_CHANGED", "The automation has just changed.");
  }
  return Act(calls, transaction, task, *automation, run);
}

bool IsEarlier(const google::protobuf::Timestamp& a,
               const google::protobuf::Timestamp& b) {
  return FromTimestamp(a) < FromTimestamp(b);
}

}  // namespace

absl::Status StartAutomations(const Kernel& /*kernel*/,
                              Transaction& transaction, const Event& event) {
  const Resource* type =
      transaction.view().catalog().FindByType(event.resource_type());
  if (type == nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<Automation> active,
                       transaction.view().Select<Automation>(
                           "active_type", event.resource_type()));
  for (const Automation& automation : active) {
    if (IsEarlier(event.event_time(), automation.activate_time()) ||
        !IsStartedBy(automation, event, *type->schema.message())) {
      continue;
    }
    CRM_ASSIGN_OR_RETURN(const std::optional<absl::Time> time,
                         TakeRun(transaction, automation));
    if (!time.has_value()) continue;
    const std::string key = absl::StrCat(automation.name(), " ", event.id());
    transaction.Schedule(kAutomationTimer, key, *time, key);
  }
  return absl::OkStatus();
}

absl::StatusOr<TimerCommit> RunAutomation(const InnerCalls& calls,
                                          const Timer& timer) {
  auto task = std::make_shared<Task>();
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(timer.payload, ' ');
  task->automation = parts.first;
  task->event_id = parts.second;
  task->attempts = timer.attempts;
  task->last_error = timer.last_error;
  CRM_RETURN_IF_ERROR(FindOut(calls.kernel(), timer.tenant, *task));
  return [calls, task](Transaction& transaction) {
    return Commit(calls, transaction, *task);
  };
}

}  // namespace crm::operational
