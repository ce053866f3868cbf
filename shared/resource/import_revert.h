// Takes an import back, row by row, the last one first.

#ifndef CRM_SHARED_RESOURCE_IMPORT_REVERT_H_
#define CRM_SHARED_RESOURCE_IMPORT_REVERT_H_

#include <optional>

#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// How many rows a step takes back.
inline constexpr int kRevertBatch = 500;
// How many names of what stays are told.
inline constexpr int kKeptSample = 100;

// Returns what carries out `method`: nothing unless it is RevertImport.
//
// Each row is a mutating call, with what the caller may do to the resources of
// the import; its request id is the operation and the row's number, so none is
// taken back twice. At the end the import's result says REVERTED.
std::optional<OperationKind> RevertOperation(const Kernel& kernel,
                                             const MethodInfo& method);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_REVERT_H_
