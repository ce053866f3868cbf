#include "shared/reflect/field_access.h"

#include "google/protobuf/descriptor.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

const FieldDescriptor* FindSingular(const Message& message,
                                    absl::string_view name,
                                    FieldDescriptor::CppType type) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->is_repeated() || field->cpp_type() != type) {
    return nullptr;
  }
  return field;
}

}  // namespace

std::string ReadString(const Message& message, absl::string_view name) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_STRING);
  return field == nullptr ? ""
                          : message.GetReflection()->GetString(message, field);
}

void WriteString(Message& message, absl::string_view name,
                 absl::string_view value) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_STRING);
  if (field == nullptr) return;
  message.GetReflection()->SetString(&message, field, std::string(value));
}

bool ReadBool(const Message& message, absl::string_view name) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_BOOL);
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

}  // namespace crm
