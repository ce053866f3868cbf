// Shakes hands over a connected socket, before anything else uses it.

#ifndef CRM_GATEWAY_HTTP_TLS_HANDSHAKE_H_
#define CRM_GATEWAY_HTTP_TLS_HANDSHAKE_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/tls_session.h"

namespace crm::gateway {

// One handshake. It has no timer of its own. Loop thread only.
class TlsHandshake {
 public:
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<std::unique_ptr<TlsSession>>)>;

  // Begins. `done` gets the session once the peer has proved itself, or the
  // session's error, or UNAVAILABLE (CONNECTION_LOST); never before the
  // constructor returns. It may destroy this. `fd` stays the caller's.
  TlsHandshake(EventLoop& loop, int fd, std::unique_ptr<TlsSession> session,
               Done done);
  TlsHandshake(const TlsHandshake&) = delete;
  TlsHandshake& operator=(const TlsHandshake&) = delete;

 private:
  void OnReadable();
  // Goes on and sends what there is to send.
  void Step();
  // Returns false if the connection broke.
  bool Send();
  void Finish(absl::Status status);

  EventLoop& loop_;
  const int fd_;
  std::unique_ptr<TlsSession> session_;
  Done done_;
  std::string output_;
  bool agreed_ = false;
  FdWatch watch_;
  Timer start_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TLS_HANDSHAKE_H_
