// One of the gateway's ports: HTTP/2 and HTTP/1.1 on one listener. Under TLS
// they are told apart by ALPN, in plaintext by the first bytes of a connection
// (HTTP/2 with prior knowledge).

#ifndef CRM_GATEWAY_HTTP_HTTP_SERVER_H_
#define CRM_GATEWAY_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

class TlsServer;

// What a client may do.
struct HttpLimits {
  // Connections at once; further ones are closed as they come.
  size_t max_connections = 1000;
  // Requests at once on one HTTP/2 connection.
  uint32_t max_concurrent_streams = 100;
  // The head of a request, HPACK decoded (431 above it).
  size_t max_header_bytes = 16 * 1024;
  // The body of an HTTP/1.1 request (413 above it).
  size_t max_h1_body_bytes = 1024 * 1024;
  // How long a TLS handshake may take.
  absl::Duration handshake_timeout = absl::Seconds(5);
  // How long a head may take, counted from its first byte, or from the start of
  // the connection for the first one.
  absl::Duration header_timeout = absl::Seconds(10);
  // How long an HTTP/1.1 body may make no progress although it was asked for.
  absl::Duration body_timeout = absl::Seconds(30);
  // How long a connection may be without a request.
  absl::Duration idle_timeout = absl::Minutes(15);
  // Streams that one HTTP/2 connection may have broken off within the window;
  // more, and it is closed with ENHANCE_YOUR_CALM.
  int max_resets = 200;
  absl::Duration reset_window = absl::Seconds(10);
};

// A listener and its connections. Loop thread only.
class HttpServer {
 public:
  // `factory` is called for each request. Without `tls` the port is in
  // plaintext. `loop` and `tls` must outlive the server.
  HttpServer(EventLoop& loop, HttpLimits limits, ExchangeFactory factory,
             TlsServer* tls = nullptr);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Closes everything at once; exchanges get OnReset().
  ~HttpServer();

  // Listens at `address` (`127.0.0.1:8080`, port 0 for one of the kernel's
  // choice) and returns the port. Returns INVALID_ARGUMENT with reason
  // ADDRESS_INVALID for what is no numeric address, UNAVAILABLE with reason
  // LISTEN_FAILED when the port cannot be had.
  absl::StatusOr<uint16_t> Listen(absl::string_view address);

  // Stops gracefully: no new connections, GOAWAY, the last response of an
  // HTTP/1.1 connection says so; closes what is left after `drain`. Calls
  // `done` when the last connection is gone.
  void Stop(absl::Duration drain, absl::AnyInvocable<void()> done);

  size_t connections() const;

 private:
  class Listener;

  std::unique_ptr<Listener> listener_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_HTTP_SERVER_H_
