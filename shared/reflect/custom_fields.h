// The tenant's own fields of a resource: the map `custom_fields`, which has the
// number 120 in every message that has it, and values of a type of their own.

#ifndef CRM_SHARED_REFLECT_CUSTOM_FIELDS_H_
#define CRM_SHARED_REFLECT_CUSTOM_FIELDS_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/api/custom_value.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm {

// The most fields of its own that a tenant uses on one resource type, and the
// most bytes of one value.
inline constexpr int kMaxCustomFields = 200;
inline constexpr size_t kMaxCustomValueBytes = 4096;

// Values by their keys.
using CustomValues = std::map<std::string, crm::api::CustomValue, std::less<>>;

// What filters need to know of a custom field.
struct CustomFieldKind {
  // The member of CustomValue that its values have; null for no field.
  const google::protobuf::FieldDescriptor* member = nullptr;
  // The type of the resources that its values name, as `crm/Account`; empty if
  // they name none.
  std::string reference_type = {};
  // Finds the fields of those resources, where their type alone does not tell
  // which they have; empty where it does.
  std::function<CustomFieldKind(const google::protobuf::Descriptor& resource,
                                absl::string_view key)>
      find_in_reference = {};
};

// Returns what is known of a custom field of a resource type; nothing if
// resources of the type have no such field.
using FindCustomField = std::function<CustomFieldKind(
    const google::protobuf::Descriptor& resource, absl::string_view key)>;

// Returns whether `field` is the map of custom fields.
bool IsCustomFields(const google::protobuf::FieldDescriptor& field);

// Returns the map of custom fields of `message`; null if it has none.
const google::protobuf::FieldDescriptor* CustomFieldsOf(
    const google::protobuf::Descriptor& message);

// Returns the values in `message`; none if it has no custom fields.
CustomValues ReadCustomValues(const google::protobuf::Message& message);

// Replaces the values in `message`, which has custom fields.
void WriteCustomValues(const CustomValues& values,
                       google::protobuf::Message& message);

// Returns the keys whose values differ, sorted.
std::vector<std::string> ChangedKeys(const CustomValues& before,
                                     const CustomValues& after);

// Returns whether `text` can be the key of a custom field: a lower-case letter,
// then at most 62 lower-case letters, digits and underscores.
bool IsCustomKey(absl::string_view text);

// Returns whether `text` is a day of the calendar, as `2026-05-31`.
bool IsIsoDay(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_CUSTOM_FIELDS_H_
