// Holds the custom fields of a resource that is being written against what its
// tenant has defined.

#ifndef CRM_SHARED_RESOURCE_CUSTOM_VALUES_H_
#define CRM_SHARED_RESOURCE_CUSTOM_VALUES_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "shared/base/errors.h"
#include "shared/resource/custom_schema.h"

namespace crm {

// One resource that is being written.
struct CustomWrite {
  // Null on create.
  const google::protobuf::Message* before = nullptr;
  google::protobuf::Message& after;
  // Whether the call is about this resource: what a service changes beside it
  // need not have required values.
  bool own = false;
  // What violations start with, as `lead.custom_fields.`.
  std::string prefix;
};

// A reference that is new in a resource.
struct CustomReference {
  std::string path;
  std::string type;
  std::string name;
};

// Gives `write.after` the default values that are due, takes out of it what is
// removed, and adds what is wrong with the values that change: an unknown or
// deprecated field, a value that breaks the rules of its field; and required
// values that are missing. Returns the references that are new, which are to be
// looked up. `type` is null where nothing is defined.
std::vector<CustomReference> CheckCustomValues(
    const CustomType* type, CustomWrite& write,
    std::vector<FieldViolation>& violations);

// Adds the rules of `type` that `message` breaks. `prefix` is `lead`.
void CheckCustomRules(const CustomType& type,
                      const google::protobuf::Message& message,
                      const std::string& prefix,
                      std::vector<FieldViolation>& violations);

// Takes the values of removed fields out of `message`. Returns whether there
// were any.
bool HideRemovedValues(const CustomType& type,
                       google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CUSTOM_VALUES_H_
