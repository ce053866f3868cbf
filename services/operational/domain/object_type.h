// The rules of object types, which tenants define, and of their objects.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_OBJECT_TYPE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_OBJECT_TYPE_H_

#include "absl/status/status.h"
#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most object types that a tenant has in use, and the most it has at all.
inline constexpr int kMaxActiveObjectTypes = 200;
inline constexpr int kMaxObjectTypes = 1'000;

// Says in the object what its type is.
absl::Status PrepareObject(const v1::Object* before, v1::Object& after,
                           const RuleContext& context);

// Returns FAILED_PRECONDITION (OBJECT_TYPE_NOT_ACTIVE) for an object that is to
// be made, changed or restored while its type is not in use. One that is
// deleted in `after` may always be.
absl::Status CheckObjectWritable(const v1::ObjectType& type,
                                 const v1::Object& after);

// The object types of a tenant beside one that is about to be in use.
struct ObjectTypeCounts {
  int all = 0;
  int active = 0;
};

// Returns RESOURCE_EXHAUSTED (TOO_MANY_OBJECT_TYPES) if there is no room for
// one more.
absl::Status CheckObjectTypeCounts(const ObjectTypeCounts& others);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_OBJECT_TYPE_H_
