#include "shared/reflect/state_machine.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/api/annotations.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_schema.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MethodDescriptor;

constexpr char kIllegalTransition[] = "ILLEGAL_TRANSITION";

absl::Status SchemaInvalid(const MethodDescriptor* method,
                           absl::string_view what) {
  return FailedPrecondition("SCHEMA_INVALID",
                            absl::StrCat(method->full_name(), ": ", what, "."));
}

// Returns the number of the state called `name`.
absl::StatusOr<int> StateNumber(const MethodDescriptor* method,
                                const FieldDescriptor* state,
                                const std::string& name) {
  const auto* value = state->enum_type()->FindValueByName(name);
  if (value == nullptr || value->number() == 0) {
    return SchemaInvalid(method,
                         absl::StrCat("there is no state '", name, "'"));
  }
  return value->number();
}

bool SameType(const FieldDescriptor* a, const FieldDescriptor* b) {
  return a->type() == b->type() && a->is_repeated() == b->is_repeated() &&
         a->message_type() == b->message_type() &&
         a->enum_type() == b->enum_type();
}

// Returns the field of `message` that `field` of a request is written to, or
// null.
const FieldDescriptor* NamesakeOf(const FieldDescriptor* field,
                                  const Descriptor* message) {
  if (field->name() == "name" || field->name() == "etag") return nullptr;
  const FieldDescriptor* namesake = message->FindFieldByName(field->name());
  if (namesake == nullptr || !SameType(field, namesake)) return nullptr;
  return namesake;
}

void CopyField(const Message& source, const FieldDescriptor* field,
               Message& target, const FieldDescriptor* namesake) {
  const auto* from = source.GetReflection();
  const auto* to = target.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      to->SetString(&target, namesake, from->GetString(source, field));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      to->SetBool(&target, namesake, from->GetBool(source, field));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      to->SetInt32(&target, namesake, from->GetInt32(source, field));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      to->SetInt64(&target, namesake, from->GetInt64(source, field));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      to->SetEnumValue(&target, namesake, from->GetEnumValue(source, field));
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      to->MutableMessage(&target, namesake)
          ->CopyFrom(from->GetMessage(source, field));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      break;
  }
}

// Whether CopyField() can copy it.
bool IsCopied(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return false;
    default:
      return !field->is_repeated();
  }
}

void CopyNamesakes(const Message& request, Message& message) {
  const Descriptor* type = request.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const FieldDescriptor* namesake =
        NamesakeOf(field, message.GetDescriptor());
    if (namesake == nullptr) continue;
    if (request.GetReflection()->HasField(request, field)) {
      CopyField(request, field, message, namesake);
    } else if (ResourceSchema::IsOutputOnly(namesake)) {
      message.GetReflection()->ClearField(&message, namesake);
    }
  }
}

absl::StatusOr<Transition> ReadTransition(const Descriptor* message,
                                          const FieldDescriptor* state,
                                          const MethodDescriptor* method) {
  const auto& options = method->options().GetExtension(crm::api::transition);
  if (state == nullptr || state->enum_type() == nullptr ||
      !ResourceSchema::IsOutputOnly(state)) {
    return SchemaInvalid(method, absl::StrCat("'", message->name(),
                                              ".state' is no enum that only "
                                              "the server sets"));
  }
  Transition transition;
  transition.method = method;
  const std::string& permission =
      method->options().GetExtension(crm::api::permission);
  transition.verb = permission.substr(permission.find('.') + 1);
  for (const std::string& name : options.from()) {
    CRM_ASSIGN_OR_RETURN(const int number, StateNumber(method, state, name));
    transition.from.insert(number);
  }
  if (transition.from.empty()) {
    return SchemaInvalid(method, "the transition starts nowhere");
  }
  CRM_ASSIGN_OR_RETURN(transition.to, StateNumber(method, state, options.to()));
  const Descriptor* request = method->input_type();
  for (int i = 0; i < request->field_count(); ++i) {
    const FieldDescriptor* field = request->field(i);
    if (NamesakeOf(field, message) != nullptr && !IsCopied(field)) {
      return SchemaInvalid(
          method, absl::StrCat("'", field->name(), "' cannot be copied"));
    }
  }
  if (options.time().empty()) return transition;
  transition.time = message->FindFieldByName(options.time());
  if (transition.time == nullptr ||
      transition.time->message_type() !=
          google::protobuf::Timestamp::descriptor()) {
    return SchemaInvalid(
        method, absl::StrCat("'", options.time(), "' is no time of it"));
  }
  return transition;
}

std::string NameOf(const FieldDescriptor* state, int number) {
  const auto* value = state->enum_type()->FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : value->name();
}

}  // namespace

absl::StatusOr<StateMachine> StateMachine::Build(const Descriptor* message) {
  StateMachine machine;
  const FieldDescriptor* state = message->FindFieldByName("state");
  for (int i = 0; i < message->file()->service_count(); ++i) {
    const auto* service = message->file()->service(i);
    for (int j = 0; j < service->method_count(); ++j) {
      const MethodDescriptor* method = service->method(j);
      if (!method->options().HasExtension(crm::api::transition)) continue;
      CRM_ASSIGN_OR_RETURN(Transition transition,
                           ReadTransition(message, state, method));
      machine.state_ = state;
      machine.transitions_.push_back(std::move(transition));
    }
  }
  return machine;
}

void StateMachine::Start(Message& message) const {
  if (state_ == nullptr) return;
  const auto* reflection = message.GetReflection();
  if (reflection->GetEnumValue(message, state_) != 0) return;
  for (int i = 0; i < state_->enum_type()->value_count(); ++i) {
    const auto* value = state_->enum_type()->value(i);
    if (value->number() == 0) continue;
    reflection->SetEnum(&message, state_, value);
    return;
  }
}

const Transition* StateMachine::Find(const Descriptor* request) const {
  for (const Transition& transition : transitions_) {
    if (transition.method->input_type() == request) return &transition;
  }
  return nullptr;
}

absl::Status StateMachine::Move(const Transition& transition,
                                const Message& request, absl::Time now,
                                Message& message) const {
  const auto* reflection = message.GetReflection();
  if (!transition.from.contains(reflection->GetEnumValue(message, state_))) {
    return Illegal(transition, message);
  }
  CopyNamesakes(request, message);
  reflection->SetEnumValue(&message, state_, transition.to);
  if (transition.time != nullptr) {
    reflection->MutableMessage(&message, transition.time)
        ->CopyFrom(ToTimestamp(now));
  }
  return absl::OkStatus();
}

absl::Status StateMachine::Illegal(const Transition& transition,
                                   const Message& message) const {
  const int state = message.GetReflection()->GetEnumValue(message, state_);
  const auto states = [this](std::string* out, int number) {
    absl::StrAppend(out, NameOf(state_, number));
  };
  const std::string allowed = absl::StrJoin(transition.from, ", ", states);
  std::vector<std::string> next;
  for (const Transition& other : transitions_) {
    if (other.from.contains(state)) next.push_back(other.verb);
  }
  const std::string name = ReadString(message, "name");
  return FailedPrecondition(
      kIllegalTransition,
      absl::StrCat(
          "'", name, "' is ", NameOf(state_, state), "; '", transition.verb,
          "' needs ", allowed, ". From ", NameOf(state_, state), ", ",
          next.empty()
              ? "nothing leads on"
              : absl::StrCat("these lead on: ", absl::StrJoin(next, ", ")),
          "."),
      name,
      {{"state", NameOf(state_, state)},
       {"verb", transition.verb},
       {"allowed_from", allowed},
       {"next", absl::StrJoin(next, ", ")}});
}

}  // namespace crm
