// Makes TLS sessions toward the suite's services, as the gateway's identity is
// at the moment.

#ifndef CRM_GATEWAY_HTTP_TLS_CLIENT_H_
#define CRM_GATEWAY_HTTP_TLS_CLIENT_H_

#include <openssl/ssl.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/tls_session.h"
#include "shared/auth/tls_folder.h"

namespace crm::gateway {

// TLS 1.3, mutual, HTTP/2 by ALPN. Loop thread only.
class TlsClient {
 public:
  // `folder` outlives this.
  explicit TlsClient(TlsFolder& folder) : folder_(folder) {}

  // Returns a session to `service` in the gateway's namespace. Returns INTERNAL
  // (TLS_FAILURE) if OpenSSL does not take the identity.
  absl::StatusOr<std::unique_ptr<TlsSession>> NewSession(
      absl::string_view service);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  absl::Status Load(const TlsIdentity& identity);

  TlsFolder& folder_;
  std::shared_ptr<const TlsIdentity> loaded_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TLS_CLIENT_H_
