// A gRPC call as messages, whoever serves it: a backend, or a service in the
// gateway itself. REST calls and local services are built on it; gRPC calls to
// backends pass as bytes and never come here.
//
// Everything lives on one event loop.

#ifndef CRM_GATEWAY_PROXY_MESSAGE_CALL_H_
#define CRM_GATEWAY_PROXY_MESSAGE_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/exchange.h"
#include "shared/call/principal.h"

namespace crm::gateway {

// What a call begins with.
struct CallHead {
  // The gRPC path, as `/crm.operational.v1.LeadService/GetLead`.
  std::string path;
  // Metadata, the caller's credential among it.
  Headers metadata;
  absl::Time deadline = absl::InfiniteFuture();
  Principal principal;
};

// Hears what a call is answered: OnMetadata() at most once, OnMessage() any
// number of times, then OnDone() once. It may destroy the call from any of
// them, and must outlive it. It is never called before CallTarget::Start
// returns.
class CallObserver {
 public:
  virtual ~CallObserver() = default;

  virtual void OnMetadata(Headers metadata) = 0;
  virtual void OnMessage(std::string message) = 0;
  virtual void OnDone(absl::Status status, Headers trailers) = 0;

  // The call has room for messages again.
  virtual void OnRoom() {}
};

// A call under way. Destroying it cancels it; its observer then hears nothing
// more.
class MessageCall {
 public:
  virtual ~MessageCall() = default;

  // Sends one message of the request, and ends the request.
  virtual void Send(std::string message) = 0;
  virtual void CloseSend() = 0;

  // Whether it can do with more messages now. Else whoever sends many waits for
  // the observer's OnRoom(); those that are under way may still be sent.
  virtual bool HasRoom() const { return true; }

  // While paused, the server is held back; what is under way still comes, at
  // most one receive window.
  virtual void SetPaused(bool paused) = 0;
};

// What serves calls.
class CallTarget {
 public:
  virtual ~CallTarget() = default;

  virtual std::unique_ptr<MessageCall> Start(CallHead head,
                                             CallObserver& observer) = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_MESSAGE_CALL_H_
