// Updates of all that matches a filter, for any resource type; see
// bulk_change.h.

#ifndef CRM_SHARED_RESOURCE_BULK_UPDATE_H_
#define CRM_SHARED_RESOURCE_BULK_UPDATE_H_

#include <optional>

#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// Returns what carries out `method`: nothing unless it is the bulk update of a
// resource that has List and Update.
std::optional<OperationKind> BulkUpdateOperation(const Kernel& kernel,
                                                 const MethodInfo& method);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BULK_UPDATE_H_
