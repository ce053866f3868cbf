#include "shared/reflect/map_entries.h"

#include <string>

namespace crm {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

MapPath FindMapPath(const Descriptor& message, absl::string_view path) {
  const size_t dot = path.find('.');
  if (dot == path.npos || dot + 1 == path.size()) return {};
  const FieldDescriptor* field =
      message.FindFieldByName(std::string(path.substr(0, dot)));
  if (field == nullptr || !field->is_map() ||
      field->message_type()->map_key()->type() !=
          FieldDescriptor::TYPE_STRING) {
    return {};
  }
  return {field, path.substr(dot + 1)};
}

int FindMapEntry(const Message& message, const MapPath& path) {
  const auto* reflection = message.GetReflection();
  const FieldDescriptor* key = path.field->message_type()->map_key();
  std::string scratch;
  for (int i = 0; i < reflection->FieldSize(message, path.field); ++i) {
    const Message& entry =
        reflection->GetRepeatedMessage(message, path.field, i);
    if (entry.GetReflection()->GetStringReference(entry, key, &scratch) ==
        path.key) {
      return i;
    }
  }
  return -1;
}

void EraseMapEntry(Message& message, const MapPath& path) {
  const int index = FindMapEntry(message, path);
  if (index < 0) return;
  const auto* reflection = message.GetReflection();
  const int last = reflection->FieldSize(message, path.field) - 1;
  if (index != last) {
    reflection->SwapElements(&message, path.field, index, last);
  }
  reflection->RemoveLast(&message, path.field);
}

void CopyMapEntry(const Message& source, Message& target, const MapPath& path) {
  EraseMapEntry(target, path);
  const int index = FindMapEntry(source, path);
  if (index < 0) return;
  target.GetReflection()
      ->AddMessage(&target, path.field)
      ->CopyFrom(source.GetReflection()->GetRepeatedMessage(source, path.field,
                                                            index));
}

}  // namespace crm
