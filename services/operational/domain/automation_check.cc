#include "services/operational/domain/automation_check.h"

#include <array>
#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "services/operational/domain/field_template.h"
#include "shared/reflect/field_text.h"

namespace crm::operational {
namespace {

using Action = v1::AutomationAction;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MethodDescriptor;
using FieldTexts = google::protobuf::RepeatedPtrField<v1::FieldText>;
using Violations = std::vector<FieldViolation>;

constexpr std::array<absl::string_view, 11> kExcludedTypes = {
    "crm/AuditEntry",
    "crm/Automation",
    "crm/AutomationRun",
    "crm/FieldDefinition",
    "crm/Role",
    "crm/Sequence",
    "crm/SequenceEnrollment",
    "crm/Team",
    "crm/TokenRevocation",
    "crm/User",
    "crm/ValidationRule"};

std::unique_ptr<Message> NewMessage(const Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(&type)
          ->New());
}

const std::string& CollectionOf(const Descriptor& type) {
  return type.options().GetExtension(google::api::resource).plural();
}

bool IsRequired(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) ==
        google::api::REQUIRED) {
      return true;
    }
  }
  return false;
}

// What every request has, and automations fill in or leave alone.
bool IsStandardField(absl::string_view name) {
  return name == "name" || name == "etag" || name == "request_id" ||
         name == "validate_only";
}

void CheckTemplate(absl::string_view text, const std::string& path,
                   const Descriptor& type, const RuleContext& context,
                   Violations& violations) {
  const auto parsed =
      FieldTemplate::Parse(text, type, context.find_custom_field);
  if (!parsed.ok()) {
    violations.push_back({path, std::string(parsed.status().message())});
  }
}

// Checks texts for fields of `target`, in which fields of `type` stand.
void CheckFieldTexts(const FieldTexts& fields, const std::string& path,
                     const Descriptor& target, const Descriptor& type,
                     const RuleContext& context, Violations& violations) {
  std::set<std::string> seen;
  for (int i = 0; i < fields.size(); ++i) {
    const std::string at = absl::StrCat(path, ".fields[", i, "]");
    const v1::FieldText& given = fields.Get(i);
    if (!seen.insert(given.field()).second) {
      violations.push_back(
          {absl::StrCat(at, ".field"), "must be a field that stands once."});
    }
    CheckTemplate(given.text(), absl::StrCat(at, ".text"), type, context,
                  violations);
    const auto field =
        TextField::Find(target, given.field(), context.find_custom_field);
    if (!field.ok() || IsStandardField(given.field())) {
      violations.push_back({absl::StrCat(at, ".field"),
                            "must be a field that may be written, and that "
                            "takes text."});
      continue;
    }
    // A value that depends on the resource is known when it is written.
    if (given.text().empty() || absl::StrContains(given.text(), '{')) continue;
    const std::string problem = field->Write(given.text(), *NewMessage(target));
    if (!problem.empty()) {
      violations.push_back({absl::StrCat(at, ".text"), problem});
    }
  }
}

void CheckVerb(const v1::CallVerbAction& action, const std::string& path,
               const Descriptor& type, const RuleContext& context,
               Violations& violations) {
  const MethodDescriptor* method = FindVerb(type, action.verb());
  if (method == nullptr) {
    violations.push_back({absl::StrCat(path, ".verb"),
                          "must be a custom method of the resource type that "
                          "changes it and answers at once, as 'qualify'."});
    return;
  }
  const Descriptor& request = *method->input_type();
  CheckFieldTexts(action.fields(), path, request, type, context, violations);
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    if (!IsRequired(field) || IsStandardField(field.name())) continue;
    const bool given =
        absl::c_any_of(action.fields(), [&](const v1::FieldText& text) {
          return text.field() == field.name();
        });
    if (!given) {
      violations.push_back(
          {absl::StrCat(path, ".fields"),
           absl::StrCat("must have '", field.name(), "', which '",
                        action.verb(), "' needs.")});
    }
  }
}

// The permission that `action` needs.
std::string PermissionOf(const Action& action, const Descriptor& type) {
  switch (action.action_case()) {
    case Action::kCreateActivity:
      return "activities.create";
    case Action::kFollow:
      return "followers.create";
    case Action::kCallVerb:
      return absl::StrCat(CollectionOf(type), ".", action.call_verb().verb());
    case Action::kUpdateFields:
    case Action::kAssignOwner:
    case Action::ACTION_NOT_SET:
      break;
  }
  return absl::StrCat(CollectionOf(type), ".update");
}

}  // namespace

bool IsExcludedType(absl::string_view type) {
  return absl::c_linear_search(kExcludedTypes, type);
}

const MethodDescriptor* FindVerb(const Descriptor& type,
                                 absl::string_view verb) {
  const std::string permission = absl::StrCat(CollectionOf(type), ".", verb);
  for (int i = 0; i < type.file()->service_count(); ++i) {
    const auto& service = *type.file()->service(i);
    for (int k = 0; k < service.method_count(); ++k) {
      const MethodDescriptor& method = *service.method(k);
      const Descriptor& request = *method.input_type();
      // Standard methods are named for their verb: `DeleteLead`.
      const bool standard = verb == "create" || verb == "update" ||
                            verb == "delete" || verb == "undelete" ||
                            absl::StartsWith(method.name(), "Batch");
      if (!standard &&
          method.options().GetExtension(crm::api::permission) == permission &&
          request.FindFieldByName("name") != nullptr &&
          request.FindFieldByName("request_id") != nullptr &&
          method.output_type()->full_name() != "google.longrunning.Operation") {
        return &method;
      }
    }
  }
  return nullptr;
}

const MethodDescriptor* UpdateMethod(const Descriptor& type) {
  const std::string name = absl::StrCat("Update", type.name());
  for (int i = 0; i < type.file()->service_count(); ++i) {
    const auto* method = type.file()->service(i)->FindMethodByName(name);
    if (method != nullptr) return method;
  }
  return nullptr;
}

const FieldDescriptor* OwnerField(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->options().GetExtension(crm::api::field).owner()) {
      return type.field(i);
    }
  }
  return nullptr;
}

void CheckActivity(const v1::CreateActivityAction& action,
                   absl::string_view path, const Descriptor& type,
                   const RuleContext& context, Violations& violations) {
  CheckTemplate(action.subject(), absl::StrCat(path, ".subject"), type, context,
                violations);
  CheckTemplate(action.description(), absl::StrCat(path, ".description"), type,
                context, violations);
}

void CheckAction(const Action& action, absl::string_view path,
                 const Descriptor& type, const RuleContext& context,
                 Violations& violations) {
  const std::string at(path);
  const auto needs_update = [&](bool fits) {
    if (fits) return;
    violations.push_back(
        {at,
         "must be one that resources of the type take: they cannot be "
         "updated so."});
  };
  switch (action.action_case()) {
    case Action::kCreateActivity:
      CheckActivity(action.create_activity(),
                    absl::StrCat(at, ".create_activity"), type, context,
                    violations);
      return;
    case Action::kUpdateFields:
      needs_update(UpdateMethod(type) != nullptr);
      CheckFieldTexts(action.update_fields().fields(),
                      absl::StrCat(at, ".update_fields"), type, type, context,
                      violations);
      return;
    case Action::kCallVerb:
      CheckVerb(action.call_verb(), absl::StrCat(at, ".call_verb"), type,
                context, violations);
      return;
    case Action::kAssignOwner:
      needs_update(UpdateMethod(type) != nullptr &&
                   OwnerField(type) != nullptr);
      if (action.assign_owner().users().empty() &&
          action.assign_owner().team().empty()) {
        violations.push_back(
            {absl::StrCat(at, ".assign_owner"), "must name users or a team."});
      }
      return;
    case Action::kFollow:
      return;
    case Action::ACTION_NOT_SET:
      violations.push_back({at, "must be one of the actions."});
      return;
  }
}

std::set<std::string> PermissionsOf(const v1::Automation& automation,
                                    const Descriptor& type) {
  std::set<std::string> permissions = {
      absl::StrCat(CollectionOf(type), ".get")};
  for (const Action& action : automation.actions()) {
    permissions.insert(PermissionOf(action, type));
  }
  return permissions;
}

}  // namespace crm::operational
