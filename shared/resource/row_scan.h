// Reads all rows of a type that a caller may read, for what adds them up.

#ifndef CRM_SHARED_RESOURCE_ROW_SCAN_H_
#define CRM_SHARED_RESOURCE_ROW_SCAN_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/query/filter.h"
#include "shared/resource/catalog.h"
#include "shared/resource/read_view.h"

namespace crm {

// Calls `visit` with each live row of `resource` that the caller of `call` may
// read, by name, a few hundred at a time. Ends with its first error; returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) when there are more than `most`, and
// DEADLINE_EXCEEDED when the time of the view is up.
absl::Status ScanRows(
    const ReadView& view, const CallContext& call, const Resource& resource,
    int64_t most,
    absl::FunctionRef<absl::Status(const google::protobuf::Message&)> visit);

// The same for the rows that match `filter`, which follows no references:
// others are neither visited nor counted.
absl::Status ScanRows(
    const ReadView& view, const CallContext& call, const Resource& resource,
    const Filter& filter, int64_t most,
    absl::FunctionRef<absl::Status(const google::protobuf::Message&)> visit);

// Returns PERMISSION_DENIED (FIELD_HIDDEN) if the roles of the caller hide
// `path` in some row of `resource`: a sum over it would tell.
absl::Status CheckSummable(const ReadView& view, const CallContext& call,
                           const Resource& resource, absl::string_view path);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ROW_SCAN_H_
