// A client's connection, whichever protocol it speaks.

#ifndef CRM_GATEWAY_HTTP_SERVER_CONNECTION_H_
#define CRM_GATEWAY_HTTP_SERVER_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/http/http_server.h"
#include "gateway/http/socket.h"
#include "gateway/http/tls_session.h"

namespace crm::gateway {

// Owned by the listener, which destroys it from the loop after `on_closed`.
// Destroying it resets the exchanges that are open. Loop thread only.
class ServerConnection {
 public:
  virtual ~ServerConnection() = default;

  // Finishes what is under way and takes nothing new, then closes.
  virtual void Drain() = 0;
};

// What a connection is made from. The references outlive the connection.
struct ServerConnectionInput {
  EventLoop& loop;
  const HttpLimits& limits;
  const ExchangeFactory& factory;
  UniqueFd fd;
  std::string peer;
  // Read already, to tell the protocols apart.
  std::string first_bytes;
  // Null in plaintext.
  std::unique_ptr<TlsSession> tls;
  // Called once, from the loop, when the connection is over.
  absl::AnyInvocable<void()> on_closed;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_SERVER_CONNECTION_H_
