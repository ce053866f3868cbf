// Which process of the suite may call which methods of another, as data. What
// is not listed is refused, whatever token comes with it: a process that was
// taken over reaches no further than its part.

#ifndef CRM_SHARED_RPC_CALLER_TABLE_H_
#define CRM_SHARED_RPC_CALLER_TABLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "shared/call/method_table.h"

namespace crm {

// Returns whether the service `caller` may call `method`.
bool MayCall(absl::string_view caller, const MethodInfo& method);

}  // namespace crm

#endif  // CRM_SHARED_RPC_CALLER_TABLE_H_
