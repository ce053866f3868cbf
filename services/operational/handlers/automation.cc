#include "services/operational/handlers/automation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/automation.h"
#include "services/operational/domain/automation_check.h"
#include "services/operational/handlers/automation_actions.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/read_view.h"

namespace crm::operational {
namespace {

using Automation = v1::Automation;
using ::crm::internal::v1::Event;

constexpr size_t kMaxMessageBytes = 1000;

// Ends the transaction of a test.
constexpr char kTakenBack[] = "TAKEN_BACK";

// Refuses who could not do himself what the automation does.
absl::Status CheckMayDo(const CallContext& call, const Automation& automation,
                        const Resource& type) {
  if (call.caller == nullptr) return absl::OkStatus();
  if (!call.principal.customer.empty()) {
    return PermissionDenied("CUSTOMER_CREDENTIAL",
                            "An automation cannot act for a customer.");
  }
  for (const std::string& permission :
       PermissionsOf(automation, *type.schema.message())) {
    if (call.caller->AccessTo(permission).allowed()) continue;
    return PermissionDenied(
        "PERMISSION_DENIED",
        absl::StrCat("It would act for you, and needs the permission '",
                     permission, "', which none of your roles grants."),
        {{"permission", permission}});
  }
  return absl::OkStatus();
}

absl::StatusOr<const Resource*> TypeOf(const ResourceCatalog& catalog,
                                       const Automation& automation) {
  const Resource* type = catalog.FindByType(automation.resource_type());
  if (type == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "An automation is of no type here.");
  }
  return type;
}

absl::Status OtherType(const Automation& automation) {
  return FailedPrecondition("AUTOMATION_TYPE_DIFFERS",
                            absl::StrCat("'", automation.name(), "' is of '",
                                         automation.resource_type(),
                                         "', and the event or resource of "
                                         "another type."),
                            automation.name());
}

// Returns the event that is asked about, or one of the resource as it is.
absl::StatusOr<Event> EventOf(const Kernel& kernel, const ReadView& view,
                              const v1::TestAutomationRequest& request,
                              const Automation& automation,
                              const Resource& type) {
  if (!request.event_id().empty()) {
    CRM_ASSIGN_OR_RETURN(
        Event event,
        kernel.outbox.Find(view.reader(), view.tenant(), request.event_id()));
    if (event.resource_type() != automation.resource_type()) {
      return OtherType(automation);
    }
    return event;
  }
  if (view.catalog().FindByName(request.resource()) != &type) {
    return OtherType(automation);
  }
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       view.Find(type, request.resource()));
  if (!row.has_value()) {
    return ResourceNotFound(type.schema, request.resource());
  }
  Event event;
  event.set_resource_type(type.schema.type());
  event.set_resource(request.resource());
  event.set_before(row->body);
  event.set_after(row->body);
  return event;
}

// Runs the actions of `automation`, and says what they do.
absl::Status Try(const InnerCalls& calls, Transaction& transaction,
                 const CallContext& call, const Automation& automation,
                 const SeenChange& change,
                 v1::TestAutomationResponse& response) {
  std::vector<PerformedAction> performed;
  const absl::Status failed =
      PerformActions(calls, transaction, call, automation, change, performed);
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  for (PerformedAction& done : performed) {
    auto& trace = *response.add_actions();
    *trace.mutable_result() = std::move(done.result);
    if (done.answer == nullptr) continue;
    MaskMessage(calls.kernel().catalog, *custom, call, *done.answer);
    trace.mutable_resource()->PackFrom(*done.answer);
  }
  if (failed.ok()) return absl::OkStatus();
  auto& trace = *response.add_actions();
  trace.set_reason(ErrorReason(failed));
  trace.set_message(std::string(failed.message().substr(0, kMaxMessageBytes)));
  return absl::OkStatus();
}

absl::Status Test(const InnerCalls& calls, Transaction& transaction,
                  const CallContext& call,
                  const v1::TestAutomationRequest& request,
                  v1::TestAutomationResponse& response) {
  const ReadView view(transaction.writer(), calls.kernel().catalog, call);
  CRM_ASSIGN_OR_RETURN(const Automation automation,
                       view.GetLive<Automation>(request.name()));
  if (request.event_id().empty() == request.resource().empty()) {
    return BadField("event_id", "must be set, or else 'resource'.");
  }
  CRM_ASSIGN_OR_RETURN(const Resource* type,
                       TypeOf(view.catalog(), automation));
  CRM_ASSIGN_OR_RETURN(const Event event, EventOf(calls.kernel(), view, request,
                                                  automation, *type));
  CRM_ASSIGN_OR_RETURN(const SeenChange change,
                       SeeChange(transaction, call, event));
  if (!change.visible()) {
    return NotFound("EVENT_NOT_FOUND",
                    "There is no such event of a resource that you may read.");
  }
  const auto& message = *type->schema.message();
  response.set_started(request.event_id().empty() ||
                       IsStartedBy(automation, event, message));
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  response.set_met(MeetsConditions(automation, message, change.before.get(),
                                   change.after.get(), custom->finder()));
  const LoopRefusal refusal =
      CheckCauseChain(automation.name(),
                      {event.cause_chain().begin(), event.cause_chain().end()});
  if (!response.started()) {
    response.set_detail("The event does not start it.");
  } else if (!response.met()) {
    response.set_detail("Its conditions are not met.");
  } else if (!refusal.reason.empty()) {
    response.set_detail(absl::StrCat(refusal.reason, ": ", refusal.message));
  }
  if (!response.detail().empty()) return absl::OkStatus();
  return Try(calls, transaction, call, automation, change, response);
}

}  // namespace

absl::StatusOr<Automation> HandleActivateAutomation(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateAutomationRequest& request) {
  CRM_ASSIGN_OR_RETURN(Automation automation,
                       transaction.Move<Automation>(request));
  CRM_ASSIGN_OR_RETURN(const Resource* type,
                       TypeOf(transaction.view().catalog(), automation));
  CRM_RETURN_IF_ERROR(CheckMayDo(call, automation, *type));
  CRM_ASSIGN_OR_RETURN(const std::vector<Automation> active,
                       transaction.view().Select<Automation>(
                           "active_type", automation.resource_type()));
  CRM_RETURN_IF_ERROR(CheckAutomationCount(automation.resource_type(),
                                           static_cast<int>(active.size())));
  automation.set_run_as(call.principal.subject);
  automation.clear_run_as_roles();
  automation.clear_pause_reason();
  for (const std::string& role : call.principal.roles) {
    automation.add_run_as_roles(role);
  }
  transaction.Update(automation);
  return automation;
}

absl::StatusOr<v1::TestAutomationResponse> HandleTestAutomation(
    const InnerCalls& calls, const CallContext& call,
    const v1::TestAutomationRequest& request) {
  const Kernel& kernel = calls.kernel();
  v1::TestAutomationResponse response;
  absl::Status tested;
  const absl::Status written = kernel.database.WriteAndWait(
      call.deadline, [&](SqlWriter& writer) -> absl::Status {
        response.Clear();
        Transaction transaction(writer, kernel.catalog, call, kernel.ids,
                                kernel.clock.Now());
        tested = Test(calls, transaction, call, request, response);
        CRM_RETURN_IF_ERROR(tested);
        return absl::CancelledError(kTakenBack);
      });
  CRM_RETURN_IF_ERROR(tested);
  if (written.message() != kTakenBack) return written;
  return response;
}

}  // namespace crm::operational
