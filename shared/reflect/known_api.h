// What the whole suite offers, by the descriptors that are linked into the
// process: the resources of all services, and every permission.

#ifndef CRM_SHARED_REFLECT_KNOWN_API_H_
#define CRM_SHARED_REFLECT_KNOWN_API_H_

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace crm {

// Returns the resource message whose collection is `collection`, as `leads`, or
// null. Thread-safe.
const google::protobuf::Descriptor* FindResourceMessage(
    absl::string_view collection);

// Returns the resource message of the type `type`, as `crm/Lead`, or null.
// Thread-safe.
const google::protobuf::Descriptor* FindResourceType(absl::string_view type);

// Returns the resource messages of all services by their types. Thread-safe.
const std::map<std::string, const google::protobuf::Descriptor*, std::less<>>&
KnownResourceTypes();

// Returns the permissions of all methods. Thread-safe.
const std::set<std::string, std::less<>>& KnownPermissions();

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_KNOWN_API_H_
