// The client's side of one TLS connection, without a socket: ciphertext goes in
// and comes out as bytes.

#ifndef CRM_GATEWAY_HTTP_TLS_SESSION_H_
#define CRM_GATEWAY_HTTP_TLS_SESSION_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/auth/service_identity.h"

namespace crm::gateway {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// After Handshake() has returned true the peer is the service expected, and
// bytes pass both ways. After each call TakeOutput() may have something to
// send. Thread-compatible.
class TlsSession {
 public:
  // `ssl` is set up for a client; the server must be `peer`.
  TlsSession(std::unique_ptr<SSL, FreeSsl> ssl, ServiceIdentity peer);

  // Takes ciphertext that arrived.
  void Feed(absl::string_view ciphertext);

  // Goes on with the handshake; returns whether it is done. Returns
  // UNAUTHENTICATED (TLS_REFUSED) when the two do not agree, and
  // (TLS_WRONG_SERVER) when the peer is another service.
  absl::StatusOr<bool> Handshake();

  // Decrypts into `out` and returns how many bytes it got; 0 when more must be
  // fed first, or at the end. Returns UNAVAILABLE (CONNECTION_LOST) for
  // ciphertext that is none.
  absl::StatusOr<size_t> Decrypt(absl::Span<char> out);

  // Whether the peer has said that it sends no more.
  bool ended() const { return ended_; }

  // Appends the ciphertext of `plaintext` to `out`. Returns UNAVAILABLE
  // (CONNECTION_LOST) when the session is over.
  absl::Status Encrypt(absl::string_view plaintext, std::string& out);

  // Says that no more is sent.
  void Close();

  // Appends to `out` what is to be sent and was not yet taken.
  void TakeOutput(std::string& out);

 private:
  absl::Status CheckPeer() const;

  const std::unique_ptr<SSL, FreeSsl> ssl_;
  const ServiceIdentity peer_;
  bool ended_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TLS_SESSION_H_
