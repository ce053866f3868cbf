// The rules of automations: what may stand in them, and which events start one.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most automations of one type that are active.
inline constexpr int kMaxActiveAutomations = 50;
// The most automations that lead to each other.
inline constexpr int kMaxCauseDepth = 16;
// For how long runs are kept.
inline constexpr absl::Duration kRunRetention = absl::Hours(24 * 90);

// Completes and checks an automation: active ones hold `active_type`.
//
// Returns INVALID_ARGUMENT with all that is wrong with type, fields, verbs,
// conditions and actions, and FAILED_PRECONDITION (AUTOMATION_IN_USE) for a
// change of what an active or retired one does.
absl::Status PrepareAutomation(const v1::Automation* before,
                               v1::Automation& after,
                               const RuleContext& context);

// Returns FAILED_PRECONDITION (AUTOMATION_IN_USE) unless it is a DRAFT.
absl::Status CheckAutomationDeletable(const v1::Automation& automation);

// Checks that one more automation of a type may be active, where `active` are.
// Returns RESOURCE_EXHAUSTED (TOO_MANY_AUTOMATIONS).
absl::Status CheckAutomationCount(absl::string_view type, int active);

// Whether an event of this kind, method and changed fields, about a resource of
// `type`, which the automation is of, starts it.
bool IsStartedBy(const v1::Automation& automation,
                 const internal::v1::Event& event,
                 const google::protobuf::Descriptor& type);

// Whether the conditions are met by a resource before and after a change;
// either may be null. A condition that does not fit the type any more, as after
// a custom field was removed, is not met.
bool MeetsConditions(const v1::Automation& automation,
                     const google::protobuf::Descriptor& type,
                     const google::protobuf::Message* before,
                     const google::protobuf::Message* after,
                     const FindCustomField& find_custom);

// Why an automation may not act about an event that `chain` led to.
struct LoopRefusal {
  // Empty if it may.
  std::string reason;
  std::string message;
};
LoopRefusal CheckCauseChain(absl::string_view automation,
                            const std::vector<std::string>& chain);

// Returns when a run is deleted.
absl::Time EndOfAutomationRun(const v1::AutomationRun& run);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_H_
