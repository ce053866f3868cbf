// What every service serves beside its own methods: its feed, its slices, its
// changes, its search, its operations, the chain of its audit entries.

#ifndef CRM_SERVICES_HOST_PLATFORM_BINDINGS_H_
#define CRM_SERVICES_HOST_PLATFORM_BINDINGS_H_

#include <vector>

#include "services/host/consumer_bindings.h"
#include "services/host/service.h"
#include "shared/call/call.h"
#include "shared/events/consumer.h"
#include "shared/profile/slice_owner.h"
#include "shared/resource/audit/audit_chain.h"
#include "shared/resource/change_hub.h"
#include "shared/resource/directory_store.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_methods.h"

namespace crm {

// What the bindings serve from. All outlive the bindings.
struct PlatformParts {
  const Kernel& kernel;
  SliceOwner& slices;
  ChangeHub& changes;
  DirectoryStore& directories;
  std::vector<StoreSlice> store_slices;
  std::vector<SliceDefinition> other_slices;
  std::vector<const Consumer*> consumers;
  const AuditChain& audit;
  OperationWaits& waits;
  std::vector<FollowedFeed> followed = {};
};

// Returns the services that BindPlatform() serves.
std::vector<const google::protobuf::ServiceDescriptor*> PlatformServices();

// Returns the bindings of Feed, Consumers, SliceService, ChangeService,
// SearchService, Operations, AuditChainService and AccessService.
std::vector<MethodBinding> BindPlatform(PlatformParts parts);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_PLATFORM_BINDINGS_H_
