#include "services/operational/handlers/sequence.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/sequence.pb.h"
#include "services/operational/domain/sequence.h"
#include "services/operational/handlers/automation_actions.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/read_view.h"

namespace crm::operational {
namespace {

using Enrollment = v1::SequenceEnrollment;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// The call by which the steps are taken: with what who enrolled may do now, as
// if by the token of then.
absl::StatusOr<CallContext> CallOf(const Kernel& kernel,
                                   const std::string& tenant,
                                   const Enrollment& enrollment) {
  CallContext call;
  call.principal.tenant = tenant;
  call.principal.subject = enrollment.run_as();
  call.principal.roles.assign(enrollment.run_as_roles().begin(),
                              enrollment.run_as_roles().end());
  call.principal.issue_time = FromTimestamp(enrollment.create_time());
  call.now = kernel.clock.Now();
  call.deadline = call.now + kTimeout;
  if (kernel.callers != nullptr) {
    CRM_ASSIGN_OR_RETURN(call.caller, kernel.callers->Find(call.principal));
  }
  return call;
}

// Returns the live row of the target; nothing if there is none.
absl::StatusOr<std::optional<internal::v1::Event>> TargetOf(
    const ReadView& view, const Enrollment& enrollment) {
  const Resource* type = view.catalog().FindByName(enrollment.target());
  if (type == nullptr) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       view.Find(*type, enrollment.target()));
  if (!row.has_value() || row->deleted) return std::nullopt;
  internal::v1::Event event;
  event.set_id(enrollment.uid());
  event.set_resource_type(type->schema.type());
  event.set_after(row->body);
  return event;
}

// Makes the activity of the next step, and moves the enrollment on.
absl::Status Step(const InnerCalls& calls, Transaction& transaction,
                  const CallContext& call, const v1::Sequence& sequence,
                  const SeenChange& target, Enrollment& enrollment) {
  v1::Automation step;
  *step.add_actions()->mutable_create_activity() =
      sequence.steps(enrollment.next_step()).activity();
  std::vector<PerformedAction> performed;
  CRM_RETURN_IF_ERROR(
      PerformActions(calls, transaction, call, step, target, performed));
  v1::BusinessCalendar calendar;
  const bool has_calendar = !sequence.business_calendar().empty();
  if (has_calendar) {
    CRM_ASSIGN_OR_RETURN(calendar,
                         transaction.view().GetLive<v1::BusinessCalendar>(
                             sequence.business_calendar()));
  }
  return AdvanceEnrollment(sequence, has_calendar ? &calendar : nullptr,
                           transaction.now(),
                           performed.front().result.resource(), enrollment);
}

// Takes the step, or ends the enrollment where there is no need of it.
absl::Status Go(const InnerCalls& calls, Transaction& transaction,
                const CallContext& call, Enrollment& enrollment) {
  const absl::Time now = transaction.now();
  CRM_ASSIGN_OR_RETURN(
      const auto sequence,
      transaction.view().GetLive<v1::Sequence>(enrollment.sequence()));
  CRM_ASSIGN_OR_RETURN(const std::optional<internal::v1::Event> event,
                       TargetOf(transaction.view(), enrollment));
  SeenChange target;
  if (event.has_value()) {
    CRM_ASSIGN_OR_RETURN(target, SeeChange(transaction, call, *event));
  }
  if (target.after == nullptr) {
    EndEnrollment(Enrollment::EXITED, "TARGET_GONE",
                  "The resource is not there, or not to be read any more.", now,
                  enrollment);
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  if (IsExited(sequence, *target.after, custom->finder())) {
    EndEnrollment(Enrollment::EXITED, "EXIT_CONDITION_MET",
                  "The exit condition fits the resource.", now, enrollment);
    return absl::OkStatus();
  }
  return Step(calls, transaction, call, sequence, target, enrollment);
}

}  // namespace

absl::Status SettleSequenceEnrollment(Transaction& transaction,
                                      const Enrollment* before,
                                      Enrollment& after,
                                      const Settlement& /*settlement*/) {
  if (before != nullptr) return absl::OkStatus();
  for (const std::string& role : transaction.call().principal.roles) {
    after.add_run_as_roles(role);
  }
  return absl::OkStatus();
}

absl::StatusOr<TimerCommit> TakeSequenceStep(const InnerCalls& calls,
                                             const Timer& timer) {
  const Kernel& kernel = calls.kernel();
  absl::StatusOr<Enrollment> found;
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      kernel.clock.Now() + kTimeout, [&](SqlReader& reader) {
        found = ReadView(reader, kernel.catalog, timer.tenant)
                    .GetLive<Enrollment>(timer.key);
        return absl::OkStatus();
      }));
  CRM_RETURN_IF_ERROR(found.status());
  const bool tries = timer.attempts < kMaxStepTries;
  CallContext call;
  if (tries) {
    CRM_ASSIGN_OR_RETURN(call, CallOf(kernel, timer.tenant, *found));
  }
  return [calls, call, tries, timer](Transaction& transaction) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(auto enrollment,
                         transaction.view().GetLive<Enrollment>(timer.key));
    if (NextSequenceStep(enrollment) > transaction.now()) {
      return absl::OkStatus();
    }
    if (tries) {
      CRM_RETURN_IF_ERROR(Go(calls, transaction, call, enrollment));
    } else {
      const std::pair<std::string, std::string> error =
          absl::StrSplit(timer.last_error, absl::MaxSplits(": ", 1));
      EndEnrollment(Enrollment::FAILED, error.first, error.second,
                    transaction.now(), enrollment);
    }
    transaction.Update(enrollment);
    return absl::OkStatus();
  };
}

}  // namespace crm::operational
