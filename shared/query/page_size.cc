#include "shared/query/page_size.h"

#include <algorithm>

#include "shared/base/errors.h"

namespace crm {

absl::StatusOr<int32_t> ResolvePageSize(int32_t requested) {
  if (requested < 0) {
    return BadField("page_size",
                    "It is negative; use 0 for the default, or 1 to 1000.");
  }
  if (requested == 0) return kDefaultPageSize;
  return std::min(requested, kMaxPageSize);
}

}  // namespace crm
