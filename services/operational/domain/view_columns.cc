#include "services/operational/domain/view_columns.h"

#include <optional>
#include <utility>
#include <vector>

#include "shared/query/field_path.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/map_entries.h"

namespace crm::operational {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

ViewColumns::ViewColumns(const v1::View& view, const Descriptor* type)
    : all_(view.columns().empty()) {
  shown_.fields[type->FindFieldByName("name")].whole = true;
  for (const std::string& column : view.columns()) {
    const std::optional<FieldPath> path = FindFieldPath(*type, column);
    if (!path.has_value()) continue;
    Part* part = &shown_;
    for (const PathStep& step : path->steps) {
      part = &part->fields[step.field];
      if (!step.map_key.has_value()) continue;
      // What lies in an entry is shown with it.
      part->keys.insert(*step.map_key);
      part = nullptr;
      break;
    }
    if (part != nullptr) part->whole = true;
  }
}

void ViewColumns::Show(Message& resource) const {
  if (!all_) Keep(shown_, resource);
}

void ViewColumns::Keep(const Part& part, Message& message) {
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> present;
  reflection->ListFields(message, &present);
  for (const FieldDescriptor* field : present) {
    const auto kept = part.fields.find(field);
    if (kept == part.fields.end()) {
      reflection->ClearField(&message, field);
    } else if (kept->second.whole) {
      continue;
    } else if (field->is_map()) {
      KeepKeys(kept->second.keys, field, message);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        Keep(kept->second,
             *reflection->MutableRepeatedMessage(&message, field, i));
      }
    } else {
      Keep(kept->second, *reflection->MutableMessage(&message, field));
    }
  }
}

void ViewColumns::KeepKeys(const std::set<std::string>& keys,
                           const FieldDescriptor* map, Message& message) {
  const Reflection* reflection = message.GetReflection();
  std::vector<std::string> gone;
  for (int i = 0; i < reflection->FieldSize(message, map); ++i) {
    std::string key =
        ReadString(reflection->GetRepeatedMessage(message, map, i), "key");
    if (!keys.contains(key)) gone.push_back(std::move(key));
  }
  for (const std::string& key : gone) EraseMapEntry(message, {map, key});
}

}  // namespace crm::operational
