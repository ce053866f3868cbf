// Answers SliceService.Read for each caller: who sees all rows gets the slices
// that the cache holds too, others slices made of what they may read.

#ifndef CRM_SERVICES_HOST_SLICE_ACCESS_H_
#define CRM_SERVICES_HOST_SLICE_ACCESS_H_

#include <vector>

#include "services/host/service.h"
#include "shared/call/call.h"
#include "shared/profile/slice_owner.h"
#include "shared/resource/kernel.h"

namespace crm {

// Returns a handler over `slices`, of which `store_slices` are built from the
// service's own resources. `kernel` and `slices` outlive it.
UnaryHandler ReadSlicesByAccess(const Kernel& kernel, SliceOwner& slices,
                                std::vector<StoreSlice> store_slices);

// Returns `slice` as one that is built over the service's store, for a caller
// who sees all.
SliceDefinition OverStore(const Kernel& kernel, const StoreSlice& slice);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_SLICE_ACCESS_H_
