// Operations on whole collections, for any resource type: Purge (AIP-165) and
// Export (AIP-153), which read what List would show the caller, page by page;
// bulk_update.h and import_revert.h have the others.

#ifndef CRM_SHARED_RESOURCE_BULK_OPERATIONS_H_
#define CRM_SHARED_RESOURCE_BULK_OPERATIONS_H_

#include <cstddef>
#include <optional>

#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// How many resources a step of a purge deletes.
inline constexpr int kPurgeBatch = 100;
// How many resources a step of an export, or of a purge that only counts,
// reads.
inline constexpr int kExportBatch = 1'000;
// How many names a purge tells.
inline constexpr int kPurgeSample = 100;
// A part of an export is cut at the first line that ends beyond this.
inline constexpr size_t kOutputPartBytes = size_t{1} << 20;
// The most that one export writes; beyond it it ends with RESOURCE_EXHAUSTED
// (EXPORT_TOO_LARGE).
inline constexpr int64_t kMaxExportBytes = int64_t{512} << 20;

// Returns what carries out `method`: nothing unless it is the Purge or Export
// of a resource that can be listed, its bulk update, or takes imports back.
//
// A purge deletes each resource as Delete would, with its event and audit
// entry. A resource that was changed since it was listed is looked at again:
// nothing is deleted that does not match the filter. An export writes resources
// as they are when their page is read. Both reach the rows that the caller's
// roles reach by then, and an export leaves out the fields that they hide.
std::optional<OperationKind> StandardOperation(const Kernel& kernel,
                                               const MethodInfo& method);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BULK_OPERATIONS_H_
