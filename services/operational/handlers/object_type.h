// What is held of object types and objects against what else there is.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_OBJECT_TYPE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_OBJECT_TYPE_H_

#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Returns RESOURCE_EXHAUSTED (TOO_MANY_OBJECT_TYPES) for a type that is new, or
// active again, and is one too many.
absl::Status SettleObjectType(Transaction& transaction,
                              const v1::ObjectType* before,
                              v1::ObjectType& after,
                              const Settlement& settlement);

// Holds what callers write against the state of the object's type. What the
// service changes beside it, as the references to a merged customer, is not.
absl::Status AuthorizeObject(const v1::Object* before, const v1::Object& after,
                             const CallContext& call,
                             const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_OBJECT_TYPE_H_
