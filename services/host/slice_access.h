// Answers SliceService.Read for each caller: who sees all rows gets the slices
// that the cache holds too, others slices made of what they may read. And says
// which slices a change makes old.

#ifndef CRM_SERVICES_HOST_SLICE_ACCESS_H_
#define CRM_SERVICES_HOST_SLICE_ACCESS_H_

#include <string>
#include <vector>

#include "crm/internal/v1/event.pb.h"
#include "services/host/service.h"
#include "shared/call/call.h"
#include "shared/profile/slice_owner.h"
#include "shared/resource/catalog.h"
#include "shared/resource/kernel.h"

namespace crm {

// Returns a handler over `slices`, of which `store_slices` are built from the
// service's own resources, and `other_slices` from anything else, the same for
// every caller. `kernel` and `slices` outlive it.
UnaryHandler ReadSlicesByAccess(const Kernel& kernel, SliceOwner& slices,
                                std::vector<StoreSlice> store_slices,
                                std::vector<SliceDefinition> other_slices);

// Returns `slice` as one that is built over the service's store, for a caller
// who sees all.
SliceDefinition OverStore(const Kernel& kernel, const StoreSlice& slice);

// Returns what tells the version of the newest event of a customer, 0 without
// one. `kernel` outlives it.
SliceOwner::FindVersion NewestKeyVersions(const Kernel& kernel);

// Tells `slices` which customers `events` have changed, and whom one took its
// resource from.
void InvalidateSlices(const ResourceCatalog& catalog,
                      const std::vector<internal::v1::Event>& events,
                      SliceOwner& slices);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_SLICE_ACCESS_H_
