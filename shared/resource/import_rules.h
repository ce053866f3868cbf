// What a service knows of rows that come from elsewhere: the kernel knows no
// resource by name.

#ifndef CRM_SHARED_RESOURCE_IMPORT_RULES_H_
#define CRM_SHARED_RESOURCE_IMPORT_RULES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/protobuf/descriptor.h"

namespace crm {

// The columns that a well-known kind of export has of one collection, each
// optional. Of columns with one field the first that has a value counts.
struct ImportPreset {
  platform::v1::ImportPlan::Preset preset =
      platform::v1::ImportPlan::PRESET_UNSPECIFIED;
  // As `contacts`.
  std::string collection;
  // The system that its keys are of.
  std::string system;
  std::vector<platform::v1::ImportColumn> columns;
};

// Filled at start, then immutable. The functions are pure.
struct ImportRules {
  std::vector<ImportPreset> presets;

  // Whether there is a region called that, as `US`. Empty in a service to which
  // it does not matter where rows were written.
  std::function<bool(absl::string_view region)> knows_region;
  // Turns `text` for `field`, as it is written in `region`, into what the field
  // takes; leaves text that is the same everywhere. Returns what is wrong with
  // it, as a sentence that starts with "must", or "".
  std::function<std::string(const google::protobuf::FieldDescriptor& field,
                            absl::string_view region, std::string& text)>
      localize;

  // Returns the preset for a collection; null if it is not known.
  const ImportPreset* Find(platform::v1::ImportPlan::Preset preset,
                           absl::string_view collection) const {
    for (const ImportPreset& known : presets) {
      if (known.preset == preset && known.collection == collection) {
        return &known;
      }
    }
    return nullptr;
  }
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_RULES_H_
