// The services that the gateway answers itself, made and wired.

#ifndef CRM_GATEWAY_LOCAL_LOCAL_SERVICES_H_
#define CRM_GATEWAY_LOCAL_LOCAL_SERVICES_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/api/api_descriptors.h"
#include "gateway/http/event_loop.h"
#include "gateway/local/slice_reader.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"
#include "shared/auth/roles.h"
#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"
#include "shared/observe/metrics.h"

namespace crm::gateway {

// What local services are made of. All that is referred to must outlive them.
struct LocalParts {
  EventLoop& loop;
  const Clock& clock;
  const ApiDescriptors& api;
  const RoleTable& roles;
  // The suite's shared secret, by which consistency tokens are checked.
  std::string secret;
  MetricRegistry& metrics;
  // Where the cache is; empty for none.
  std::string redis_cache;
  // How much of it the process may hold in its own memory.
  size_t near_cache_bytes = 0;
  bool reflection = true;
  // Whether the audit trail tells of the reads of all callers.
  bool all_audited = false;
  std::map<std::string, Backend*> backends;
};

// Owns the services. Loop thread only.
class LocalServices {
 public:
  // Returns INVALID_ARGUMENT when the address of the cache is none. Nothing is
  // connected to here.
  static absl::StatusOr<std::unique_ptr<LocalServices>> Create(
      const LocalParts& parts);

  using Targets = std::map<std::string, CallTarget*, std::less<>>;

  // Services by full name: those that need a credential, and those that do not.
  const Targets& services() const { return services_; }
  const Targets& open_services() const { return open_; }

 private:
  explicit LocalServices(const LocalParts& parts);

  void AddServices(const LocalParts& parts);
  // Owns `service`, and lists it in `targets` by `names`.
  void Add(Targets& targets, const std::vector<std::string>& names,
           std::unique_ptr<CallTarget> service);

  std::unique_ptr<SliceCache> cache_;
  SliceReader reader_;
  std::vector<std::unique_ptr<CallTarget>> owned_;
  Targets services_;
  Targets open_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_LOCAL_SERVICES_H_
