// Sends a call once more that a replica has refused because it is about to
// stop.
//
// Such a refusal (UNAVAILABLE with reason DRAINING, and no message) comes
// before any work is done, so the call is safe to repeat whatever it does.

#ifndef CRM_GATEWAY_PROXY_DRAINING_RETRY_H_
#define CRM_GATEWAY_PROXY_DRAINING_RETRY_H_

#include <cstddef>
#include <memory>

#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// An upstream over another one. A request of which more than kMaxRequestBytes
// were sent is not repeated, and none more often than kMaxRetries times. Loop
// thread only.
class DrainingRetry final : public Upstream {
 public:
  static constexpr size_t kMaxRequestBytes = 64 * 1024;
  static constexpr size_t kMaxRetries = 5;

  // `loop` and `upstream` outlive this, and this its streams.
  DrainingRetry(EventLoop& loop, Upstream& upstream)
      : loop_(loop), upstream_(upstream) {}

  std::unique_ptr<UpstreamStream> Open(RequestHead head,
                                       UpstreamListener& listener) override;
  bool connected() const override { return upstream_.connected(); }

 private:
  class Attempts;

  EventLoop& loop_;
  Upstream& upstream_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_DRAINING_RETRY_H_
