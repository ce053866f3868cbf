// Answers AccessService: who may do what with a resource of the service, and
// why.

#ifndef CRM_SERVICES_HOST_ACCESS_BINDINGS_H_
#define CRM_SERVICES_HOST_ACCESS_BINDINGS_H_

#include <vector>

#include "shared/call/call.h"
#include "shared/resource/directory_store.h"
#include "shared/resource/kernel.h"

namespace crm {

// Returns the bindings of AccessService, whose methods `kernel` knows. Both
// outlive the bindings.
std::vector<MethodBinding> BindAccess(const Kernel& kernel,
                                      DirectoryStore& directories);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_ACCESS_BINDINGS_H_
