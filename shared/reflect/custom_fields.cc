#include "shared/reflect/custom_fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/util/message_differencer.h"

namespace crm {
namespace {

using ::crm::api::CustomValue;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr int kCustomFieldsNumber = 120;

}  // namespace

bool IsCustomFields(const FieldDescriptor& field) {
  return field.number() == kCustomFieldsNumber && field.is_map() &&
         field.message_type()->map_value()->message_type() ==
             CustomValue::descriptor();
}

const FieldDescriptor* CustomFieldsOf(const Descriptor& message) {
  const FieldDescriptor* field = message.FindFieldByNumber(kCustomFieldsNumber);
  return field != nullptr && IsCustomFields(*field) ? field : nullptr;
}

CustomValues ReadCustomValues(const Message& message) {
  CustomValues values;
  const FieldDescriptor* field = CustomFieldsOf(*message.GetDescriptor());
  if (field == nullptr) return values;
  const auto* reflection = message.GetReflection();
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    values[entry.GetReflection()->GetString(entry, key)].CopyFrom(
        entry.GetReflection()->GetMessage(entry, value));
  }
  return values;
}

void WriteCustomValues(const CustomValues& values, Message& message) {
  const FieldDescriptor* field = CustomFieldsOf(*message.GetDescriptor());
  const auto* reflection = message.GetReflection();
  reflection->ClearField(&message, field);
  for (const auto& [key, value] : values) {
    Message* entry = reflection->AddMessage(&message, field);
    const auto* parts = entry->GetReflection();
    parts->SetString(entry, field->message_type()->map_key(), key);
    parts->MutableMessage(entry, field->message_type()->map_value())
        ->CopyFrom(value);
  }
}

std::vector<std::string> ChangedKeys(const CustomValues& before,
                                     const CustomValues& after) {
  using google::protobuf::util::MessageDifferencer;
  std::vector<std::string> keys;
  CustomValues all = before;
  all.insert(after.begin(), after.end());
  for (const auto& [key, value] : all) {
    const auto old = before.find(key);
    const auto now = after.find(key);
    const bool same = old != before.end() && now != after.end() &&
                      MessageDifferencer::Equals(old->second, now->second);
    if (!same) keys.push_back(key);
  }
  return keys;
}

bool IsCustomKey(absl::string_view text) {
  constexpr size_t kMaxKeyBytes = 63;
  const auto fits = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
  };
  return !text.empty() && text.size() <= kMaxKeyBytes &&
         absl::ascii_islower(static_cast<unsigned char>(text[0])) &&
         std::ranges::all_of(text, fits);
}

bool IsIsoDay(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return false;
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  return parts[0] > 0 && day.month() == parts[1] && day.day() == parts[2];
}

}  // namespace crm
