// One side of a TLS connection, without a socket: ciphertext goes in and comes
// out as bytes.

#ifndef CRM_GATEWAY_HTTP_TLS_SESSION_H_
#define CRM_GATEWAY_HTTP_TLS_SESSION_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace crm::gateway {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// After Handshake() has returned true the peer has passed the check, and bytes
// pass both ways. After each call TakeOutput() may have something to send.
// Thread-compatible.
class TlsSession {
 public:
  // Says whether a peer whose handshake is done is the one that is wanted.
  using Check = std::function<absl::Status(const SSL&)>;

  // `ssl` is set to be one of the two sides. `peer` is what errors call the
  // other one. Without a `check` any peer will do.
  TlsSession(std::unique_ptr<SSL, FreeSsl> ssl, std::string peer,
             Check check = nullptr);

  // Takes ciphertext that arrived.
  void Feed(absl::string_view ciphertext);

  // Goes on with the handshake; returns whether it is done. Returns
  // UNAUTHENTICATED (TLS_REFUSED) when the two do not agree, and what the check
  // says.
  absl::StatusOr<bool> Handshake();

  // The protocol that both have agreed on by ALPN; empty without one.
  absl::string_view protocol() const;

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
  const std::unique_ptr<SSL, FreeSsl> ssl_;
  const std::string peer_;
  const Check check_;
  bool ended_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TLS_SESSION_H_
