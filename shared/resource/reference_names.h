// Collects the names of the resources that a message refers to. Pure.

#ifndef CRM_SHARED_RESOURCE_REFERENCE_NAMES_H_
#define CRM_SHARED_RESOURCE_REFERENCE_NAMES_H_

#include <set>
#include <string>

#include "google/protobuf/message.h"

namespace crm {

// Adds the texts of all fields of `message`, also of those inside it, that are
// annotated as references to resources.
void CollectReferences(const google::protobuf::Message& message,
                       std::set<std::string>& names);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_REFERENCE_NAMES_H_
