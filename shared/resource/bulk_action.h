// Bulk actions: one method that changes the state, called for each of the
// resources that match a filter.
//
//   RunBulkActionOnLeads(filter: 'state = "NEW"', action: "qualify")

#ifndef CRM_SHARED_RESOURCE_BULK_ACTION_H_
#define CRM_SHARED_RESOURCE_BULK_ACTION_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// Returns what serves a method inside a transaction; an empty one if something
// else does.
using FindMutationBody = absl::FunctionRef<MutationBody(const MethodInfo&)>;

// Returns what carries out `method`: nothing unless it runs actions on
// resources that can be listed. The actions are the transitions of the resource
// that `find_body` knows and that need nothing but its name.
std::optional<OperationKind> BulkActionOperation(const Kernel& kernel,
                                                 const MethodInfo& method,
                                                 FindMutationBody find_body);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BULK_ACTION_H_
