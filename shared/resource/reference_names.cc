#include "shared/resource/reference_names.h"

#include <vector>

#include "google/api/resource.pb.h"

namespace crm {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

void CollectReferences(const Message& message, std::set<std::string>& names) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_map()) continue;
    const bool refers =
        field->options().HasExtension(google::api::resource_reference);
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->message_type() != nullptr) {
        CollectReferences(
            field->is_repeated()
                ? reflection->GetRepeatedMessage(message, field, i)
                : reflection->GetMessage(message, field),
            names);
      } else if (refers) {
        names.insert(field->is_repeated()
                         ? reflection->GetRepeatedString(message, field, i)
                         : reflection->GetString(message, field));
      }
    }
  }
}

}  // namespace crm
