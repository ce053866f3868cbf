// The suite's protos and all they import, as a serialised FileDescriptorSet
// with comments, built into the program.

#ifndef CRM_GATEWAY_API_DESCRIPTOR_SET_H_
#define CRM_GATEWAY_API_DESCRIPTOR_SET_H_

#include "absl/strings/string_view.h"

namespace crm::gateway {

// Returns the set's bytes, which live as long as the process.
absl::string_view DescriptorSetBytes();

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_API_DESCRIPTOR_SET_H_
