#include "shared/resource/standard_fields.h"

#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_schema.h"

namespace crm {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

void SetTime(Message& message, absl::string_view name,
             std::optional<absl::Time> time) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->message_type() == nullptr) return;
  if (!time.has_value()) {
    message.GetReflection()->ClearField(&message, field);
    return;
  }
  message.GetReflection()
      ->MutableMessage(&message, field)
      ->CopyFrom(ToTimestamp(*time));
}

bool IsDeleted(const Message& message) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName("delete_time");
  return field != nullptr && message.GetReflection()->HasField(message, field);
}

void ClearOutputOnly(Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "name") continue;
    if (ResourceSchema::IsOutputOnly(field)) {
      reflection->ClearField(&message, field);
    } else if (field->message_type() != nullptr && !field->is_map()) {
      const int count =
          field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int i = 0; i < count; ++i) {
        ClearOutputOnly(
            field->is_repeated()
                ? *reflection->MutableRepeatedMessage(&message, field, i)
                : *reflection->MutableMessage(&message, field));
      }
    }
  }
}

void KeepCreation(const Message& before, Message& after) {
  WriteString(after, "uid", ReadString(before, "uid"));
  WriteString(after, "creator", ReadString(before, "creator"));
  const FieldDescriptor* field =
      before.GetDescriptor()->FindFieldByName("create_time");
  if (field == nullptr) return;
  after.GetReflection()
      ->MutableMessage(&after, field)
      ->CopyFrom(before.GetReflection()->GetMessage(before, field));
}

}  // namespace crm
