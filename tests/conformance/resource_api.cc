#include "tests/conformance/resource_api.h"

#include <cstdlib>
#include <iostream>

#include "google/protobuf/field_mask.pb.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"

namespace crm::testing {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

const FieldDescriptor* RequireField(const Message& message,
                                    const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) {
    std::cerr << message.GetTypeName() << " has no field '" << name << "'.\n";
    std::abort();
  }
  return field;
}

}  // namespace

ResourceApi::ResourceApi(ApiClient& client, const MethodTable& methods,
                         const Resource& resource)
    : client_(client),
      resource_(resource),
      field_(resource.schema.request_field()) {
  for (const auto& [path, method] : methods.methods()) {
    if (method.resource != resource.schema.message()) continue;
    methods_.push_back(&method);
    if (method.verb != Verb::kCustom) by_verb_[method.verb] = &method;
  }
}

const MethodInfo* ResourceApi::Find(Verb verb) const {
  const auto found = by_verb_.find(verb);
  return found == by_verb_.end() ? nullptr : found->second;
}

MessagePtr ResourceApi::Request(Verb verb) const {
  return NewMessage(by_verb_.at(verb)->descriptor->input_type());
}

MessagePtr ResourceApi::CreateRequest(const Message& instance,
                                      absl::string_view parent,
                                      absl::string_view id) const {
  MessagePtr request = Request(Verb::kCreate);
  Part(*request, field_).CopyFrom(instance);
  WriteString(*request, "parent", parent);
  if (!id.empty()) SetText(*request, id_field(), id);
  return request;
}

MessagePtr ResourceApi::NameRequest(Verb verb, absl::string_view name) const {
  MessagePtr request = Request(verb);
  SetText(*request, "name", name);
  return request;
}

MessagePtr ResourceApi::UpdateRequest(
    const Message& update, const std::vector<std::string>& mask) const {
  MessagePtr request = Request(Verb::kUpdate);
  Part(*request, field_).CopyFrom(update);
  if (mask.empty()) return request;
  auto& paths =
      static_cast<google::protobuf::FieldMask&>(Part(*request, "update_mask"));
  for (const std::string& path : mask) paths.add_paths(path);
  return request;
}

MessagePtr ResourceApi::BatchRequest(
    Verb verb, absl::string_view parent,
    const std::vector<MessagePtr>& requests) const {
  MessagePtr batch = Request(verb);
  WriteString(*batch, "parent", parent);
  const FieldDescriptor* field = RequireField(*batch, "requests");
  for (const MessagePtr& request : requests) {
    batch->GetReflection()->AddMessage(batch.get(), field)->CopyFrom(*request);
  }
  return batch;
}

MessagePtr ResourceApi::ListRequest(absl::string_view parent) const {
  MessagePtr request = Request(Verb::kList);
  WriteString(*request, "parent", parent);
  return request;
}

ApiAnswer ResourceApi::Call(Verb verb, const Message& request,
                            const std::string& token) const {
  return client_.Call(by_verb_.at(verb)->descriptor, request, {.token = token});
}

absl::StatusOr<MessagePtr> ResourceApi::Get(absl::string_view name,
                                            const std::string& token) const {
  ApiAnswer answer = Call(Verb::kGet, *NameRequest(Verb::kGet, name), token);
  CRM_RETURN_IF_ERROR(answer.status);
  return std::move(answer.message);
}

absl::StatusOr<std::vector<MessagePtr>> ResourceApi::ListAll(
    const Message& request, const std::string& token) const {
  std::vector<MessagePtr> all;
  const MessagePtr page = Clone(request);
  do {
    const ApiAnswer answer = Call(Verb::kList, *page, token);
    CRM_RETURN_IF_ERROR(answer.status);
    for (MessagePtr& item : Items(*answer.message)) {
      all.push_back(std::move(item));
    }
    SetText(*page, "page_token",
            ReadString(*answer.message, "next_page_token"));
  } while (!ReadString(*page, "page_token").empty());
  return all;
}

std::vector<MessagePtr> ResourceApi::Items(const Message& answer) const {
  std::vector<MessagePtr> items;
  const auto* type = answer.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->message_type() != resource_.schema.message()) continue;
    const auto* reflection = answer.GetReflection();
    for (int j = 0; j < reflection->FieldSize(answer, type->field(i)); ++j) {
      items.push_back(
          Clone(reflection->GetRepeatedMessage(answer, type->field(i), j)));
    }
  }
  return items;
}

void SetText(Message& message, const std::string& field,
             absl::string_view value) {
  message.GetReflection()->SetString(&message, RequireField(message, field),
                                     std::string(value));
}

void SetFlag(Message& message, const std::string& field) {
  message.GetReflection()->SetBool(&message, RequireField(message, field),
                                   true);
}

void SetNumber(Message& message, const std::string& field, int value) {
  message.GetReflection()->SetInt32(&message, RequireField(message, field),
                                    value);
}

bool HasField(const Message& message, const std::string& field) {
  return message.GetDescriptor()->FindFieldByName(field) != nullptr;
}

Message& Part(Message& message, const std::string& field) {
  return *message.GetReflection()->MutableMessage(&message,
                                                  RequireField(message, field));
}

MessagePtr Clone(const Message& message) {
  MessagePtr copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

std::string NameOf(const Message& message) {
  return ReadString(message, "name");
}

std::vector<std::string> NamesOf(const std::vector<MessagePtr>& messages) {
  std::vector<std::string> names;
  for (const MessagePtr& message : messages) names.push_back(NameOf(*message));
  return names;
}

}  // namespace crm::testing
