// crm.platform.v1.SearchService: one search over the resources of all services.

#ifndef CRM_GATEWAY_LOCAL_SEARCH_SERVICE_H_
#define CRM_GATEWAY_LOCAL_SEARCH_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"
#include "shared/base/clock.h"

namespace crm::gateway {

// How long a service may take before the search goes on without it, and how
// long one may that is not connected.
inline constexpr absl::Duration kSearchTimeout = absl::Seconds(3);
inline constexpr absl::Duration kSearchAwayTimeout = absl::Milliseconds(250);

// Asks every service for its page and merges them, the newest first. A service
// that is away or late is named in the answer instead of failing it; the next
// page asks it again. Any other error of a service is the answer. Each service
// decides itself what the caller may see. Loop thread only.
class SearchService final : public CallTarget {
 public:
  // All must outlive the service.
  SearchService(const Clock& clock, std::map<std::string, Backend*> backends)
      : clock_(clock), backends_(std::move(backends)) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class Call;

  const Clock& clock_;
  const std::map<std::string, Backend*> backends_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_SEARCH_SERVICE_H_
