// crm.platform.v1.AccessService: each question goes to the service that owns
// the resource it is about.

#ifndef CRM_GATEWAY_LOCAL_ACCESS_SERVICE_H_
#define CRM_GATEWAY_LOCAL_ACCESS_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"

namespace crm::gateway {

// Passes calls on; the services decide about them. Loop thread only.
class AccessService final : public CallTarget {
 public:
  // The backends outlive the service.
  explicit AccessService(std::map<std::string, Backend*> backends)
      : backends_(std::move(backends)) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class Call;

  const std::map<std::string, Backend*> backends_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_ACCESS_SERVICE_H_
