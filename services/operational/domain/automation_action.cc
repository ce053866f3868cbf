#include "services/operational/domain/automation_action.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/operational/domain/automation_check.h"
#include "services/operational/domain/business_calendar.h"
#include "services/operational/domain/field_template.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "shared/base/status_macros.h"
#include "shared/query/utf8.h"
#include "shared/reflect/field_access.h"
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

constexpr size_t kMaxSubjectCharacters = 200;

// Returns the first `most` characters of `text`.
std::string Cut(std::string text, size_t most) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsUtf8Continuation(text[i]) && ++characters > most) {
      text.resize(i);
      break;
    }
  }
  return text;
}

std::unique_ptr<Message> NewMessage(const Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(&type)
          ->New());
}

// Writes texts, in which values of `facts` stand, to fields of `target`.
absl::Status WriteTexts(const FieldTexts& fields, const ActionFacts& facts,
                        Message& target) {
  Violations violations;
  const Descriptor& type = *facts.resource.GetDescriptor();
  for (const v1::FieldText& given : fields) {
    CRM_ASSIGN_OR_RETURN(
        const FieldTemplate text,
        FieldTemplate::Parse(given.text(), type, facts.find_custom));
    CRM_ASSIGN_OR_RETURN(const TextField field,
                         TextField::Find(*target.GetDescriptor(), given.field(),
                                         facts.find_custom));
    const std::string value = text.Render(facts.resource);
    // An empty one is cleared by being named in the mask.
    if (value.empty()) continue;
    const std::string problem = field.Write(value, target);
    if (!problem.empty()) violations.push_back({given.field(), problem});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::StatusOr<std::string> Rendered(const std::string& text,
                                     const ActionFacts& facts) {
  CRM_ASSIGN_OR_RETURN(
      const FieldTemplate parsed,
      FieldTemplate::Parse(text, *facts.resource.GetDescriptor(),
                           facts.find_custom));
  return parsed.Render(facts.resource);
}

std::string OwnerOf(const Message& resource) {
  const FieldDescriptor* owner = OwnerField(*resource.GetDescriptor());
  return owner == nullptr ? "" : ReadString(resource, owner->name());
}

// Returns the update of the resource with the fields in `mask`, whose values
// are to be set in `*target`, a part of it.
std::unique_ptr<Message> NewUpdate(const ActionFacts& facts,
                                   const std::vector<std::string>& mask,
                                   Message** target) {
  const Descriptor& type = *facts.resource.GetDescriptor();
  auto update = NewMessage(*UpdateMethod(type)->input_type());
  const auto* reflection = update->GetReflection();
  for (int i = 0; i < update->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = update->GetDescriptor()->field(i);
    if (field->message_type() == &type) {
      *target = reflection->MutableMessage(update.get(), field);
    } else if (field->name() == "update_mask") {
      auto& paths = static_cast<google::protobuf::FieldMask&>(
          *reflection->MutableMessage(update.get(), field));
      for (const std::string& path : mask) paths.add_paths(path);
    }
  }
  WriteString(**target, "name", ReadString(facts.resource, "name"));
  return update;
}

absl::StatusOr<absl::Time> DueTime(const v1::CreateActivityAction& action,
                                   const ActionFacts& facts) {
  const absl::Duration hours = absl::Hours(action.due_hours());
  if (facts.calendar == nullptr) {
    return facts.now + absl::Hours(24) * action.due_days() + hours;
  }
  CRM_ASSIGN_OR_RETURN(
      const absl::Time day,
      AddBusinessDays(*facts.calendar, facts.now, action.due_days()));
  return AddBusinessTime(*facts.calendar, day, hours);
}

absl::StatusOr<std::unique_ptr<Message>> ActivityOf(
    const v1::CreateActivityAction& action, const ActionFacts& facts) {
  auto request = std::make_unique<v1::CreateActivityRequest>();
  v1::Activity& activity = *request->mutable_activity();
  CRM_ASSIGN_OR_RETURN(const std::string subject,
                       Rendered(action.subject(), facts));
  activity.set_subject(Cut(subject, kMaxSubjectCharacters));
  CRM_ASSIGN_OR_RETURN(*activity.mutable_description(),
                       Rendered(action.description(), facts));
  activity.set_kind(action.kind());
  const std::string owner =
      action.owner().empty() ? OwnerOf(facts.resource) : action.owner();
  activity.set_owner(owner.empty() ? facts.run_as : owner);
  const std::string name = ReadString(facts.resource, "name");
  activity.add_targets(name);
  activity.set_customer(absl::StartsWith(name, "customers/")
                            ? name
                            : ReadString(facts.resource, "customer"));
  if (action.due_days() > 0 || action.due_hours() > 0) {
    CRM_ASSIGN_OR_RETURN(const absl::Time due, DueTime(action, facts));
    *activity.mutable_due_time() = ToTimestamp(due);
  }
  return request;
}

absl::StatusOr<std::unique_ptr<Message>> UpdateOf(
    const v1::UpdateFieldsAction& action, const ActionFacts& facts) {
  std::vector<std::string> mask;
  for (const v1::FieldText& field : action.fields()) {
    mask.push_back(field.field());
  }
  Message* target = nullptr;
  auto update = NewUpdate(facts, mask, &target);
  CRM_RETURN_IF_ERROR(WriteTexts(action.fields(), facts, *target));
  return update;
}

absl::StatusOr<std::unique_ptr<Message>> VerbCallOf(
    const v1::CallVerbAction& action, const ActionFacts& facts) {
  const MethodDescriptor* method =
      FindVerb(*facts.resource.GetDescriptor(), action.verb());
  if (method == nullptr) {
    return FailedPrecondition("VERB_UNKNOWN", "The method is not there.",
                              action.verb());
  }
  auto request = NewMessage(*method->input_type());
  WriteString(*request, "name", ReadString(facts.resource, "name"));
  CRM_RETURN_IF_ERROR(WriteTexts(action.fields(), facts, *request));
  return request;
}

absl::StatusOr<std::unique_ptr<Message>> AssignmentOf(
    const ActionFacts& facts) {
  if (facts.subjects.empty()) {
    return FailedPrecondition("NOBODY_TO_ASSIGN",
                              "None of the users and members is there.",
                              ReadString(facts.resource, "name"));
  }
  // A hash is spread evenly, and the same whenever it is tried again.
  const size_t lot = StableHash(facts.event_id) % facts.subjects.size();
  const std::string& owner =
      OwnerField(*facts.resource.GetDescriptor())->name();
  Message* target = nullptr;
  auto update = NewUpdate(facts, {owner}, &target);
  WriteString(*target, owner, facts.subjects[lot]);
  return update;
}

absl::StatusOr<std::unique_ptr<Message>> FollowerOf(
    const v1::FollowAction& action, const ActionFacts& facts) {
  std::string owner;
  if (action.user().empty()) {
    owner = OwnerOf(facts.resource);
  } else if (!facts.subjects.empty()) {
    owner = facts.subjects.front();
  }
  if (owner.empty()) {
    return FailedPrecondition("NOBODY_TO_FOLLOW",
                              "There is no such user, or no owner.",
                              ReadString(facts.resource, "name"));
  }
  auto request = std::make_unique<v1::CreateFollowerRequest>();
  request->mutable_follower()->set_resource(ReadString(facts.resource, "name"));
  request->mutable_follower()->set_owner(owner);
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> RequestOf(const Action& action,
                                                   const ActionFacts& facts) {
  switch (action.action_case()) {
    case Action::kCreateActivity:
      return ActivityOf(action.create_activity(), facts);
    case Action::kUpdateFields:
      return UpdateOf(action.update_fields(), facts);
    case Action::kCallVerb:
      return VerbCallOf(action.call_verb(), facts);
    case Action::kAssignOwner:
      return AssignmentOf(facts);
    case Action::kFollow:
      return FollowerOf(action.follow(), facts);
    case Action::ACTION_NOT_SET:
      break;
  }
  return FailedPrecondition("ACTION_UNKNOWN", "The action says nothing to do.",
                            ReadString(facts.resource, "name"));
}

}  // namespace crm::operational
