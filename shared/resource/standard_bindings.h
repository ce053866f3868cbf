// Binds the standard methods to the kernel: one function for all resources.

#ifndef CRM_SHARED_RESOURCE_STANDARD_BINDINGS_H_
#define CRM_SHARED_RESOURCE_STANDARD_BINDINGS_H_

#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"

namespace crm {

// Returns what serves `method`; without a handler if it is no standard method
// of a resource that the service owns. `kernel` and `method` outlive it.
MethodBinding BindStandard(const Kernel& kernel, const MethodInfo& method);

// Returns a handler that runs `body` in a transaction.
UnaryHandler BindBody(const Kernel& kernel, MutationBody body);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_STANDARD_BINDINGS_H_
