// Applies an update to a resource by AIP-134, AIP-161 and AIP-203.

#ifndef CRM_SHARED_REFLECT_UPDATE_MASK_H_
#define CRM_SHARED_REFLECT_UPDATE_MASK_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"
#include "shared/base/errors.h"

namespace crm {

// Copies to `target` what `mask` names of `update`: without paths the populated
// fields, with the one path `*` all fields, else the named ones, which become
// unset where they are unset in `update`. Lists and maps are replaced whole.
// Output-only fields are ignored, also when they are named.
//
// Returns INVALID_ARGUMENT with a violation for every unknown path and every
// immutable field that would change; then `target` is undefined. Field names in
// violations start with `resource_field`, the request's name for the resource.
absl::Status ApplyUpdate(const google::protobuf::Message& update,
                         const google::protobuf::FieldMask& mask,
                         absl::string_view resource_field,
                         google::protobuf::Message& target);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_UPDATE_MASK_H_
