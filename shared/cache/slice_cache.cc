#include "shared/cache/slice_cache.h"

#include <algorithm>
#include <future>
#include <utility>

#include "shared/base/status_macros.h"

namespace crm {

absl::StatusOr<SliceMap> SliceCache::Read(
    const SliceKey& key, absl::Span<const std::string> slices) {
  std::promise<absl::StatusOr<SharedSlices>> promise;
  std::future<absl::StatusOr<SharedSlices>> fetched = promise.get_future();
  Fetch(key, [promise = std::move(promise)](
                 absl::StatusOr<SharedSlices> found) mutable {
    promise.set_value(std::move(found));
  });
  CRM_ASSIGN_OR_RETURN(const SharedSlices found, fetched.get());
  if (slices.empty()) return ParseSlices(*found);
  SliceEntries wanted;
  for (const SliceEntry& slice : *found) {
    if (std::find(slices.begin(), slices.end(), slice.name()) != slices.end()) {
      wanted.push_back(slice);
    }
  }
  return ParseSlices(wanted);
}

}  // namespace crm
