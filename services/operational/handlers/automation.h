// AutomationService: activating automations, and trying them out.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_test.pb.h"
#include "crm/operational/v1/automation_transitions.pb.h"
#include "shared/call/call.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Automation> HandleActivateAutomation(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateAutomationRequest& request);

// Carries the actions out in a transaction that is always taken back.
absl::StatusOr<v1::TestAutomationResponse> HandleTestAutomation(
    const InnerCalls& calls, const CallContext& call,
    const v1::TestAutomationRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_H_
