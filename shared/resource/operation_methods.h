// The calls around operations: what starts one, and the service Operations
// (AIP-151).

#ifndef CRM_SHARED_RESOURCE_OPERATION_METHODS_H_
#define CRM_SHARED_RESOURCE_OPERATION_METHODS_H_

#include <vector>

#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"
#include "shared/resource/operation_waits.h"

namespace crm {

// The most operations of a tenant that are not done.
inline constexpr int kMaxActiveOperations = 1'000;

// Returns what serves a method that answers with an operation of `kind`: stores
// the operation, with an audit entry, and answers with it once that is durable.
//
// Beside the errors of the kind's check and of RunMutation: RESOURCE_EXHAUSTED
// (TOO_MANY_OPERATIONS) beyond kMaxActiveOperations.
UnaryHandler StartOperation(const Kernel& kernel, OperationKind kind);

// Returns the bindings of crm.platform.v1.Operations. A caller sees his own
// operations, and with the permission `operations.getAll` those of others; any
// other is NOT_FOUND. Cancelling ends an operation at once: a step
// that is under way has no effect. Who waits does so in `waits`, which outlives
// the bindings.
std::vector<MethodBinding> BindOperations(const Kernel& kernel,
                                          OperationWaits& waits);

// Has `handler` tell that it made, ended or fed an operation.
UnaryHandler TellOfOperation(const Kernel& kernel, UnaryHandler handler);

// Returns the bindings of crm.platform.v1.ImportService, but for that of
// import_stream.h.
std::vector<MethodBinding> BindImports(const Kernel& kernel);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_METHODS_H_
