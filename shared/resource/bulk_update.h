// Updates of all that matches a filter, for any resource type.
//
// Steps come in turns: one finds some resources and stores which, the next one
// updates them, each as a mutating call of its own whose request id is the
// operation and the resource. So a step that is run again after a kill is about
// the same resources, and none is updated or counted twice.

#ifndef CRM_SHARED_RESOURCE_BULK_UPDATE_H_
#define CRM_SHARED_RESOURCE_BULK_UPDATE_H_

#include <optional>

#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// How many resources a step finds; their names fit into a checkpoint.
inline constexpr int kBulkUpdateBatch = 200;

// Returns what carries out `method`: nothing unless it is the bulk update of a
// resource that has List and Update.
std::optional<OperationKind> BulkUpdateOperation(const Kernel& kernel,
                                                 const MethodInfo& method);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BULK_UPDATE_H_
