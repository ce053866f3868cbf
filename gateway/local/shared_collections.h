// Collections that every service has a part of: audit entries and operations.
//
// A single one is found by its name, which carries the service
// (`operations/operational-...`). A list is merged from all services, page by
// page, in one order.

#ifndef CRM_GATEWAY_LOCAL_SHARED_COLLECTIONS_H_
#define CRM_GATEWAY_LOCAL_SHARED_COLLECTIONS_H_

#include <map>
#include <memory>
#include <string>

#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"

namespace crm::gateway {

// Serves crm.platform.v1.AuditService, AuditChainService, ImportService and
// Operations. Each service decides itself what the caller may see. A list fails
// when one service cannot be reached: it must not look complete when it is not.
// Loop thread only.
class SharedCollections final : public CallTarget {
 public:
  // The backends must outlive this.
  explicit SharedCollections(std::map<std::string, Backend*> backends)
      : backends_(std::move(backends)) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class NamedCall;
  class StreamCall;
  class ListCall;

  const std::map<std::string, Backend*> backends_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_SHARED_COLLECTIONS_H_
