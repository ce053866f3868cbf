#include "gateway/http/tls_client.h"

#include <openssl/err.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/auth/certificate.h"
#include "shared/auth/service_identity.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

constexpr unsigned char kAlpn[] = {2, 'h', '2'};

absl::Status Failure() {
  ERR_clear_error();
  return Internal("TLS_FAILURE", "OpenSSL does not take the identity.");
}

// Whether the server is `expected` and speaks HTTP/2.
absl::Status CheckServer(const SSL& ssl, const ServiceIdentity& expected) {
  const Certificate certificate(SSL_get1_peer_certificate(&ssl));
  const absl::StatusOr<ServiceIdentity> shown =
      certificate == nullptr ? absl::NotFoundError("none")
                             : IdentityOf(certificate.get());
  if (!shown.ok() || *shown != expected) {
    return Unauthenticated("TLS_WRONG_SERVER",
                           absl::StrCat("The server does not show that it is '",
                                        FormatSpiffeId(expected), "'."));
  }
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(&ssl, &protocol, &size);
  if (absl::string_view(reinterpret_cast<const char*>(protocol), size) !=
      "h2") {
    return Unauthenticated("TLS_REFUSED", "The server does not speak HTTP/2.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsSession>> TlsClient::NewSession(
    absl::string_view service) {
  const std::shared_ptr<const TlsIdentity> identity = folder_.Get();
  if (identity != loaded_) {
    CRM_RETURN_IF_ERROR(Load(*identity));
    loaded_ = identity;
  }
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return Failure();
  SSL_set_connect_state(ssl.get());
  return std::make_unique<TlsSession>(
      std::move(ssl), absl::StrCat("the service '", service, "'"),
      [expected = ServiceIdentity{identity->self.space, std::string(service)}](
          const SSL& shaken) { return CheckServer(shaken, expected); });
}

absl::Status TlsClient::Load(const TlsIdentity& identity) {
  CRM_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                       ParseCertificates(identity.certificate, "The chain"));
  CRM_ASSIGN_OR_RETURN(
      const std::vector<Certificate> authorities,
      ParseCertificates(identity.authorities, "The authority"));
  const EvpKey key = ParsePrivateKey(identity.private_key);
  std::unique_ptr<SSL_CTX, FreeContext> context(
      SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || key == nullptr ||
      SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      // The one function of OpenSSL that returns 0 when it succeeds.
      SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn)) != 0) {
    return Failure();
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return Failure();
    }
  }
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Idle connections keep no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  context_ = std::move(context);
  return absl::OkStatus();
}

}  // namespace crm::gateway
