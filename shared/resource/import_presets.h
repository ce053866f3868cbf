// Mappings of well-known kinds of exports, as data.

#ifndef CRM_SHARED_RESOURCE_IMPORT_PRESETS_H_
#define CRM_SHARED_RESOURCE_IMPORT_PRESETS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/platform/v1/imports.pb.h"

namespace crm {

// Returns the columns that an export of `preset` has of the resources of
// `collection`, each optional; none if nothing is known of it.
std::vector<platform::v1::ImportColumn> PresetColumns(
    platform::v1::ImportPlan::Preset preset, absl::string_view collection);

// Returns the system that the keys of `preset` are of.
absl::string_view PresetSystem(platform::v1::ImportPlan::Preset preset);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_PRESETS_H_
