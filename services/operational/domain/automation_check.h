// What the actions of automations may be: checked against the type of the
// resources that they are about, when an automation is written.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_CHECK_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_CHECK_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_action.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/base/errors.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Whether nothing may be automated on resources of `type`, as `crm/User`: they
// say who may do what, or automate themselves.
bool IsExcludedType(absl::string_view type);

// Returns the custom method of `type` that its permission calls `verb`: one
// that changes a resource and answers at once. Null if there is none.
const google::protobuf::MethodDescriptor* FindVerb(
    const google::protobuf::Descriptor& type, absl::string_view verb);

// Returns the method that updates resources of `type`; null if there is none.
const google::protobuf::MethodDescriptor* UpdateMethod(
    const google::protobuf::Descriptor& type);

// Adds what is wrong with `action`, at `path`, on resources of `type`.
void CheckAction(const v1::AutomationAction& action, absl::string_view path,
                 const google::protobuf::Descriptor& type,
                 const RuleContext& context,
                 std::vector<FieldViolation>& violations);

// The same for an activity that is to be made.
void CheckActivity(const v1::CreateActivityAction& action,
                   absl::string_view path,
                   const google::protobuf::Descriptor& type,
                   const RuleContext& context,
                   std::vector<FieldViolation>& violations);

// Returns the permissions that `automation`, on resources of `type`, needs: to
// read them, and to do what it does.
std::set<std::string> PermissionsOf(const v1::Automation& automation,
                                    const google::protobuf::Descriptor& type);

// Returns the field that holds the owner of resources of `type`; null if they
// have none.
const google::protobuf::FieldDescriptor* OwnerField(
    const google::protobuf::Descriptor& type);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_CHECK_H_
