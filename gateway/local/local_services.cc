#include "gateway/local/local_services.h"

#include "gateway/local/access_service.h"
#include "gateway/local/change_service.h"
#include "gateway/local/health.h"
#include "gateway/local/profile_service.h"
#include "gateway/local/reflection.h"
#include "gateway/local/search_service.h"
#include "gateway/local/shared_collections.h"
#include "shared/base/status_macros.h"
#include "shared/cache/tracked_slice_cache.h"

namespace crm::gateway {

absl::StatusOr<std::unique_ptr<LocalServices>> LocalServices::Create(
    const LocalParts& parts) {
  std::unique_ptr<LocalServices> services(new LocalServices(parts));
  if (!parts.redis_cache.empty()) {
    RedisClient::Options options;
    CRM_ASSIGN_OR_RETURN(options.endpoint,
                         ParseRedisEndpoint(parts.redis_cache));
    NearStore::Options near_store;
    near_store.max_bytes = parts.near_cache_bytes;
    services->cache_ = std::make_unique<TrackedSliceCache>(
        options, near_store, parts.clock, parts.metrics);
  }
  services->AddServices(parts);
  return services;
}

LocalServices::LocalServices(const LocalParts& parts)
    : reader_(parts.loop, parts.clock, parts.backends) {}

void LocalServices::AddServices(const LocalParts& parts) {
  Add(services_, {"crm.profile.v1.ProfileService"},
      std::make_unique<ProfileService>(
          ProfileServiceParts{.loop = parts.loop,
                              .clock = parts.clock,
                              .roles = parts.roles,
                              .secret = parts.secret,
                              .reader = reader_,
                              .cache = cache_.get(),
                              .all_audited = parts.all_audited}));
  Add(services_, {"crm.platform.v1.ChangeService"},
      std::make_unique<ChangeService>(parts.loop, parts.roles, parts.backends));
  Add(services_, {"crm.platform.v1.AccessService"},
      std::make_unique<AccessService>(parts.backends));
  Add(services_,
      {"crm.platform.v1.AuditChainService", "crm.platform.v1.AuditService",
       "crm.platform.v1.ImportService", "crm.platform.v1.Operations"},
      std::make_unique<SharedCollections>(parts.backends));
  Add(services_, {"crm.platform.v1.SearchService"},
      std::make_unique<SearchService>(parts.clock, parts.backends));
  Add(open_, {"grpc.health.v1.Health"},
      std::make_unique<HealthService>(parts.api));
  if (parts.reflection) {
    // The two versions of the protocol differ in the package alone.
    Add(open_,
        {"grpc.reflection.v1.ServerReflection",
         "grpc.reflection.v1alpha.ServerReflection"},
        std::make_unique<ReflectionService>(parts.api));
  }
}

void LocalServices::Add(Targets& targets, const std::vector<std::string>& names,
                        std::unique_ptr<CallTarget> service) {
  for (const std::string& name : names) targets[name] = service.get();
  owned_.push_back(std::move(service));
}

}  // namespace crm::gateway
