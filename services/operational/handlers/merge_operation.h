// Merging customers: the preview, the merge and the way back.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_OPERATION_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_OPERATION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timers that end the time in which a merge can be applied or undone; their
// key is the name of the merge operation.
inline constexpr char kMergeExpiry[] = "merge-expiry";

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::MergeOperation> HandleCreateMergeOperation(
    Transaction& transaction, const CallContext& call,
    const v1::CreateMergeOperationRequest& request);

absl::StatusOr<v1::MergeOperation> HandleApplyMergeOperation(
    Transaction& transaction, const CallContext& call,
    const v1::ApplyMergeOperationRequest& request);

absl::StatusOr<v1::MergeOperation> HandleUndoMergeOperation(
    Transaction& transaction, const CallContext& call,
    const v1::UndoMergeOperationRequest& request);

// Says of a merge that its time is over, and forgets how to undo it.
absl::Status ExpireMergeOperation(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_OPERATION_H_
