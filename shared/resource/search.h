// SearchService.Search: full-text search over the resources of one service.

#ifndef CRM_SHARED_RESOURCE_SEARCH_H_
#define CRM_SHARED_RESOURCE_SEARCH_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/platform/v1/search.pb.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"

namespace crm {

// The most words of one query.
inline constexpr size_t kMaxSearchWords = 10;

// How long one search may read, whatever the caller's patience.
inline constexpr absl::Duration kMaxSearchTime = absl::Seconds(5);

// Answers a search from one snapshot, which holds every acknowledged write.
// Each document that the index names is held against the resource as it is, so
// that nothing is shown that does not match. Rows that the caller may not read
// are not found, by words in fields that are hidden from him neither; no count,
// page or token tells of them. A filter that needs more than columns leaves out
// up to kMaxScan resources a call; then the page may hold fewer than asked, and
// its token goes on. Types of other services have no results.
//
// Returns INVALID_ARGUMENT with all violations of query, filter, types, page
// size and token, PERMISSION_DENIED for a filter on what the caller may not
// read, and DEADLINE_EXCEEDED after kMaxSearchTime.
absl::StatusOr<platform::v1::SearchResponse> SearchResources(
    const Kernel& kernel, const CallContext& call,
    const platform::v1::SearchRequest& request);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_SEARCH_H_
