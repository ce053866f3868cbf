// crm.platform.v1.ChangeService: the changes of all services in one stream.

#ifndef CRM_GATEWAY_LOCAL_CHANGE_SERVICE_H_
#define CRM_GATEWAY_LOCAL_CHANGE_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "gateway/http/event_loop.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"
#include "shared/auth/roles.h"

namespace crm::gateway {

// Watches every service and passes on what comes, with a token that resumes
// all. While a service is away the stream goes on with the others, and takes it
// up again where it was. Any other error of a service ends the stream. Loop
// thread only.
class ChangeService final : public CallTarget {
 public:
  // All must outlive the service.
  ChangeService(EventLoop& loop, const RoleTable& roles,
                std::map<std::string, Backend*> backends)
      : loop_(loop), roles_(roles), backends_(std::move(backends)) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class Call;
  class Source;

  EventLoop& loop_;
  const RoleTable& roles_;
  const std::map<std::string, Backend*> backends_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_CHANGE_SERVICE_H_
