#include "gateway/local/local_services.h"

#include "gateway/local/health.h"
#include "gateway/local/reflection.h"

namespace crm::gateway {

LocalServices::LocalServices(const LocalParts& parts) {
  owned_.push_back(std::make_unique<HealthService>(parts.api));
  open_["grpc.health.v1.Health"] = owned_.back().get();
  if (parts.reflection) {
    // The two versions of the protocol differ in the package alone.
    owned_.push_back(std::make_unique<ReflectionService>(parts.api));
    open_["grpc.reflection.v1.ServerReflection"] = owned_.back().get();
    open_["grpc.reflection.v1alpha.ServerReflection"] = owned_.back().get();
  }
}

}  // namespace crm::gateway
