// One request to a backend, from being opened to its last byte.

#ifndef CRM_GATEWAY_HTTP_UPSTREAM_CALL_H_
#define CRM_GATEWAY_HTTP_UPSTREAM_CALL_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/http/send_queue.h"

namespace crm::gateway {

class UpstreamConnection;

// Shared by the caller's UpstreamStream and by what carries the request: first
// the backend's queue of waiting calls, then a connection. Loop thread only.
struct UpstreamCall {
  // Null once the response is complete, failed, or not wanted.
  UpstreamListener* listener = nullptr;
  // Null while the call waits and after its stream is closed.
  UpstreamConnection* connection = nullptr;
  int32_t stream = 0;
  RequestHead head;
  SendQueue queue;
  size_t unconsumed = 0;  // Of the stream's receive window.
  bool answered = false;  // The response's head has arrived.
  bool retried = false;
  bool ours = false;  // Asked by the gateway about the replica; no load.
  Timer wait_timer;

  void Fail(absl::Status status) {
    wait_timer.Cancel();
    if (UpstreamListener* told = std::exchange(listener, nullptr)) {
      told->OnError(std::move(status));
    }
  }
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_UPSTREAM_CALL_H_
