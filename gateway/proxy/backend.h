// Calls a backend over gRPC.

#ifndef CRM_GATEWAY_PROXY_BACKEND_H_
#define CRM_GATEWAY_PROXY_BACKEND_H_

#include <memory>
#include <string>

#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/proxy/draining_retry.h"
#include "gateway/proxy/message_call.h"
#include "shared/base/clock.h"

namespace crm::gateway {

// One of the suite's services as the gateway reaches it. Loop thread only.
class Backend final : public CallTarget {
 public:
  // `service` is its name, as `operational`. All must outlive the backend.
  Backend(EventLoop& loop, const Clock& clock, std::string service,
          Upstream& upstream);

  // Starts a call. It ends with UNAVAILABLE (BACKEND_UNAVAILABLE) when the
  // backend cannot be reached or breaks off, and with DEADLINE_EXCEEDED
  // (DEADLINE_EXCEEDED) at the deadline.
  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

  // Opens a stream for bytes that pass through unread.
  std::unique_ptr<UpstreamStream> Open(RequestHead head,
                                       UpstreamListener& listener) {
    return upstream_.Open(std::move(head), listener);
  }

  // Returns the error that stands for a failure of transport, as above, or what
  // the backend meant by a reset.
  absl::Status TransportError(const absl::Status& status) const;

  const std::string& service() const { return service_; }
  bool connected() const { return upstream_.connected(); }

 private:
  class Call;

  EventLoop& loop_;
  const Clock& clock_;
  const std::string service_;
  DrainingRetry upstream_;
};

// Returns the status of a response by its trailers, or by its head when it has
// only that.
absl::Status ResponseStatus(const ResponseHead& head, const Headers& trailers);

// The error of a call whose time is up.
absl::Status DeadlineError();

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_BACKEND_H_
