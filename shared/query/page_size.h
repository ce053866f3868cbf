// How many resources one page of a list holds.

#ifndef CRM_SHARED_QUERY_PAGE_SIZE_H_
#define CRM_SHARED_QUERY_PAGE_SIZE_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace crm {

inline constexpr int32_t kDefaultPageSize = 50;
inline constexpr int32_t kMaxPageSize = 1000;

// Returns the size to use for the `requested` one (AIP-158): the default for 0,
// at most the maximum.
//
// Returns INVALID_ARGUMENT (BAD_REQUEST, `page_size`) if it is negative.
absl::StatusOr<int32_t> ResolvePageSize(int32_t requested);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_PAGE_SIZE_H_
