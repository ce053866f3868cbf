// Single entries of map fields whose keys are strings, by reflection.

#ifndef CRM_SHARED_REFLECT_MAP_ENTRIES_H_
#define CRM_SHARED_REFLECT_MAP_ENTRIES_H_

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm {

// One entry of a map field.
struct MapPath {
  // Null if the path leads to no entry.
  const google::protobuf::FieldDescriptor* field = nullptr;
  absl::string_view key;
};

// Returns the entry that `path` names below `message`: the key follows the name
// of the map, as in `labels.region`.
MapPath FindMapPath(const google::protobuf::Descriptor& message,
                    absl::string_view path);

// Returns the index of the entry, -1 if there is none.
int FindMapEntry(const google::protobuf::Message& message, const MapPath& path);

// Removes the entry, if there is one.
void EraseMapEntry(google::protobuf::Message& message, const MapPath& path);

// Makes the entry of `target` that of `source`; removes it if that has none.
void CopyMapEntry(const google::protobuf::Message& source,
                  google::protobuf::Message& target, const MapPath& path);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_MAP_ENTRIES_H_
