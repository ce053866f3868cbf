// A connection before it is known what it speaks.

#ifndef CRM_GATEWAY_HTTP_NEWCOMER_H_
#define CRM_GATEWAY_HTTP_NEWCOMER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/http_server.h"
#include "gateway/http/socket.h"
#include "gateway/http/tls_server.h"
#include "gateway/http/tls_session.h"

namespace crm::gateway {

// A connection, and what it speaks.
struct Arrival {
  UniqueFd fd;
  std::string peer;
  bool http2 = false;
  // Read already.
  std::string first_bytes = {};
  // Null in plaintext.
  std::unique_ptr<TlsSession> tls = nullptr;
};

// Destroying it closes a connection that has not arrived. Loop thread only.
class Newcomer {
 public:
  // Gets the connection, or nothing when it is gone, refused or too slow. Comes
  // once, from the loop; the newcomer must be destroyed later than that.
  using Done = absl::AnyInvocable<void(std::optional<Arrival>)>;

  virtual ~Newcomer() = default;
};

// Finds out what `arrival` speaks: with `tls` by shaking hands, else by its
// first bytes, of which as few are read as are needed. All that is referred to
// outlives the newcomer.
std::unique_ptr<Newcomer> Greet(EventLoop& loop, const HttpLimits& limits,
                                TlsServer* tls, Arrival arrival,
                                Newcomer::Done done);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_NEWCOMER_H_
