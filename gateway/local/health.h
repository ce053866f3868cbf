// grpc.health.v1.Health of the gateway.

#ifndef CRM_GATEWAY_LOCAL_HEALTH_H_
#define CRM_GATEWAY_LOCAL_HEALTH_H_

#include <memory>

#include "gateway/api/api_descriptors.h"
#include "gateway/proxy/message_call.h"

namespace crm::gateway {

// Says SERVING for the gateway itself ("", `liveness`, `readiness`) and for
// each public service; NOT_FOUND for others. Watch answers once and stays open.
// What a backend can do now is told by the calls to it. Loop thread only.
class HealthService final : public CallTarget {
 public:
  // `api` must outlive the service.
  explicit HealthService(const ApiDescriptors& api) : api_(api) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class Call;

  const ApiDescriptors& api_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_HEALTH_H_
