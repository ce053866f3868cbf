#include "gateway/local/local_services.h"

#include "gateway/local/access_service.h"
#include "gateway/local/change_service.h"
#include "gateway/local/health.h"
#include "gateway/local/profile_service.h"
#include "gateway/local/reflection.h"
#include "gateway/local/search_service.h"
#include "gateway/local/shared_collections.h"
#include "shared/base/status_macros.h"
#include "shared/cache/redis_slice_cache.h"

namespace crm::gateway {
namespace {

// Threads that read the cache, and reads that may wait for one.
constexpr size_t kWorkers = 4;
constexpr size_t kMaxWaitingReads = 512;

}  // namespace

absl::StatusOr<std::unique_ptr<LocalServices>> LocalServices::Create(
    const LocalParts& parts) {
  std::unique_ptr<LocalServices> services(new LocalServices(parts));
  if (!parts.redis_cache.empty()) {
    RedisClient::Options options;
    CRM_ASSIGN_OR_RETURN(options.endpoint,
                         ParseRedisEndpoint(parts.redis_cache));
    services->redis_ = std::make_unique<RedisClient>(options, parts.clock);
    services->cache_ =
        std::make_unique<RedisSliceCache>(*services->redis_, parts.clock);
  }
  services->AddServices(parts);
  return services;
}

LocalServices::LocalServices(const LocalParts& parts)
    : reader_(parts.loop, parts.clock, parts.backends),
      workers_(kWorkers, kMaxWaitingReads) {}

void LocalServices::AddServices(const LocalParts& parts) {
  Add(services_, {"crm.profile.v1.ProfileService"},
      std::make_unique<ProfileService>(
          ProfileServiceParts{.loop = parts.loop,
                              .clock = parts.clock,
                              .roles = parts.roles,
                              .secret = parts.secret,
                              .reader = reader_,
                              .workers = workers_,
                              .cache = cache_.get(),
                              .all_audited = parts.all_audited}));
  Add(services_, {"crm.platform.v1.ChangeService"},
      std::make_unique<ChangeService>(parts.loop, parts.roles, parts.backends));
  Add(services_, {"crm.platform.v1.AccessService"},
      std::make_unique<AccessService>(parts.backends));
  Add(services_,
      {"crm.platform.v1.AuditChainService", "crm.platform.v1.AuditService",
       "crm.platform.v1.Operations"},
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
