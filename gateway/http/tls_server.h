// Makes TLS sessions for the clients of a listener, by a certificate whose
// files are followed as they change.

#ifndef CRM_GATEWAY_HTTP_TLS_SERVER_H_
#define CRM_GATEWAY_HTTP_TLS_SERVER_H_

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/http/tls_session.h"
#include "shared/base/clock.h"
#include "shared/base/file_stamp.h"

namespace crm::gateway {

// The protocols that sessions agree on by ALPN; a client that does not ask gets
// HTTP/1.1.
inline constexpr char kAlpnH2[] = "h2";
inline constexpr char kAlpnH1[] = "http/1.1";

// TLS 1.3 and 1.2, the latter with forward secrecy and authenticated ciphers
// alone (RFC 9113, section 9.2). Clients show no certificate. Loop thread only.
class TlsServer {
 public:
  // Where the certificate with its chain and its private key lie, as PEM.
  struct Files {
    std::string certificate;
    std::string private_key;
  };

  // How often the files are looked at, at most.
  static constexpr absl::Duration kCheckInterval = absl::Seconds(1);

  // Is told of each change of the files: OK when it is in force, else why the
  // old certificate stays.
  using OnChange = std::function<void(const absl::Status&)>;

  // Reads the files. Returns FAILED_PRECONDITION (FILE_UNREADABLE) for one that
  // cannot be read, (FILE_NOT_PRIVATE) for a key that everybody may read, and
  // INVALID_ARGUMENT (BAD_CERTIFICATE) for what is no certificate or does not
  // belong to the key. `clock` outlives this.
  static absl::StatusOr<std::unique_ptr<TlsServer>> Open(
      Files files, const Clock& clock, OnChange on_change = nullptr);

  // Returns a session for a client that has connected. Connections that are
  // open keep the certificate that they began with. Returns INTERNAL
  // (TLS_FAILURE) if OpenSSL has no memory for it.
  absl::StatusOr<std::unique_ptr<TlsSession>> NewSession();

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using Context = std::unique_ptr<SSL_CTX, FreeContext>;
  using Stamps = std::pair<std::optional<FileStamp>, std::optional<FileStamp>>;

  TlsServer(Files files, const Clock& clock)
      : files_(std::move(files)), clock_(clock) {}

  Stamps LookAt() const;
  // Makes a context of the files as they are.
  absl::StatusOr<Context> Read() const;

  const Files files_;
  const Clock& clock_;
  OnChange on_change_;
  absl::Duration next_check_;
  Stamps stamps_;
  Context context_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TLS_SERVER_H_
