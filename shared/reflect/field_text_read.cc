// The half of TextField that reads.

#include "absl/strings/str_cat.h"
#include "shared/reflect/field_text.h"
#include "shared/reflect/map_entries.h"
#include "shared/reflect/value_text.h"

namespace crm {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::string TextField::Read(const Message& message) const {
  if (parent_missing(message)) return "";
  const Message* holder = &message;
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    holder = &holder->GetReflection()->GetMessage(*holder, fields_[i]);
  }
  if (field().is_map()) return ReadMapEntry(*holder);
  if (!field().is_repeated()) return ValueText(*holder, field());
  std::string text;
  const int count = holder->GetReflection()->FieldSize(*holder, &field());
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, i > 0 ? ";" : "", ValueText(*holder, field(), i));
  }
  return text;
}

std::string TextField::ReadMapEntry(const Message& holder) const {
  const int index = FindMapEntry(holder, {&field(), key_});
  if (index < 0) return "";
  const Message& entry =
      holder.GetReflection()->GetRepeatedMessage(holder, &field(), index);
  const FieldDescriptor* value = field().message_type()->map_value();
  if (member_ == nullptr) return ValueText(entry, *value);
  return ValueText(entry.GetReflection()->GetMessage(entry, value), *member_);
}

}  // namespace crm
