// What the rules of a resource are told beside the resource itself: the time,
// who acts, and the resources that it refers to.

#ifndef CRM_SHARED_REFLECT_RULE_CONTEXT_H_
#define CRM_SHARED_REFLECT_RULE_CONTEXT_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"

namespace crm {

// What custom fields are defined of: the resources of a type, or those under
// one parent.
struct CustomKind {
  // The message of the resources; null if they have no custom fields.
  const google::protobuf::Descriptor* message = nullptr;
  // Finds their fields.
  FindCustomField find;
};

// The inputs of a rule. Rules take time and other resources from here alone, so
// they stay functions of their arguments. Thread-compatible.
struct RuleContext {
  // The instant of the change.
  absl::Time now;
  // The subject of the caller.
  std::string actor;
  // Returns the resource of a type and name as it is now, null if there is
  // none. The result lives as long as the context.
  std::function<const google::protobuf::Message*(
      const google::protobuf::Descriptor* type, absl::string_view name)>
      find;
  // Returns the message of the service's resource type `crm/Lead`, null if it
  // has none of the name.
  std::function<const google::protobuf::Descriptor*(absl::string_view type)>
      find_type;
  // Finds the tenant's own fields, those that values may be written to.
  FindCustomField find_custom_field;
  // Returns what custom fields can be defined of: `crm/Lead`, or, where each
  // parent has fields of its own, the name of a parent.
  std::function<CustomKind(absl::string_view kind)> find_custom_kind;

  // `find` for one type; null if there is no such resource, or no lookup.
  template <typename T>
  const T* Find(absl::string_view name) const {
    return find ? static_cast<const T*>(find(T::descriptor(), name)) : nullptr;
  }
};

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_RULE_CONTEXT_H_
