// Imports that are fed row by row over a stream: each message becomes a part of
// the import's input, and all that follows is as for parts of a file.

#ifndef CRM_SHARED_RESOURCE_IMPORT_STREAM_H_
#define CRM_SHARED_RESOURCE_IMPORT_STREAM_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/platform/v1/imports.pb.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_waits.h"
#include "shared/resource/transaction.h"

namespace crm {

// The most bytes of the rows of one message, with an end of line for each.
inline constexpr size_t kMaxMessageRowBytes = size_t{1} << 20;
// How long a stream whose import is behind waits before it looks by itself.
inline constexpr absl::Duration kLongestRoomWait = absl::Seconds(2);

// Whether `text` is one row of `plan`, and neither less nor more: rows are
// stored one after the other.
bool IsOneRow(const platform::v1::ImportPlan& plan, absl::string_view text);

// Stores those rows of `request` that are not stored yet for the import that it
// names, and has the import go on. Beside what the method says it returns:
// NOT_FOUND, FAILED_PRECONDITION (NOT_AN_IMPORT, OPERATION_DONE,
// IMPORT_INPUT_ENDED) and RESOURCE_EXHAUSTED (IMPORT_BEHIND).
absl::StatusOr<platform::v1::StreamImportRowsResponse> AddStreamedRows(
    const Kernel& kernel, Transaction& transaction, const CallContext& call,
    const platform::v1::StreamImportRowsRequest& request);

// Returns the binding of ImportService.StreamImportRows. While an import is
// behind, its stream waits in `waits`, which outlives the binding, and is not
// read.
MethodBinding BindImportStream(const Kernel& kernel, OperationWaits& waits);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_STREAM_H_
