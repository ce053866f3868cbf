#include "shared/reflect/diff.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

std::vector<std::string> ChangedFields(const google::protobuf::Message& before,
                                       const google::protobuf::Message& after) {
  std::vector<std::string> changed;
  const auto* descriptor = before.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const std::string& name = field->name();
    if (name == "etag" || name == "update_time" || name == "updater") continue;
    google::protobuf::util::MessageDifferencer differencer;
    if (differencer.CompareWithFields(before, after, {field}, {field})) {
      continue;
    }
    if (!IsCustomFields(*field)) {
      changed.push_back(name);
      continue;
    }
    for (const std::string& key :
         ChangedKeys(ReadCustomValues(before), ReadCustomValues(after))) {
      changed.push_back(absl::StrCat(name, ".", key));
    }
  }
  return changed;
}

}  // namespace crm
