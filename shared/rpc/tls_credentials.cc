#include "shared/rpc/tls_credentials.h"

#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace crm {
namespace {

// The suites of TLS 1.3, and one of TLS 1.2 that needs a shared secret, which
// nobody has: OpenSSL refuses a list without any.
constexpr char kCipherSuites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
    "TLS_CHACHA20_POLY1305_SHA256:PSK-AES256-GCM-SHA384";

// gRPC's C++ API takes a certificate once, or follows files by itself and then
// serves a pair that does not fit; its C API asks for one at each handshake.
class FolderServerCredentials final : public grpc::ServerCredentials {
 public:
  explicit FolderServerCredentials(TlsFolder& folder)
      : folder_(folder),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
                Fetch, this))) {}

  ~FolderServerCredentials() override {
    grpc_server_credentials_release(credentials_);
  }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/)
      override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<FolderServerCredentials*>(self)->FetchIfChanged(config);
  }

  grpc_ssl_certificate_config_reload_status FetchIfChanged(
      grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsIdentity> identity = folder_.Get();
    std::lock_guard lock(mutex_);
    if (identity == served_)
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {
        .private_key = identity->private_key.c_str(),
        .cert_chain = identity->certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(
        identity->authorities.c_str(), &pair, 1);
    served_ = std::move(identity);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  TlsFolder& folder_;
  std::mutex mutex_;
  std::shared_ptr<const TlsIdentity> served_;
  grpc_server_credentials* const credentials_;
};

// Accepts a server by its SPIFFE URI, once gRPC has verified its chain. The
// address that it was reached at says nothing: names and pods come and go.
class ServerIdentityVerifier final
    : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit ServerIdentityVerifier(std::string expected)
      : expected_(std::move(expected)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* status) override {
    const std::vector<grpc::string_ref> uris = request->uri_names();
    const bool good = uris.size() == 1 && uris.front() == expected_;
    *status = good ? grpc::Status::OK
                   : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                  "The server is not " + expected_ + ".");
    return true;
  }

  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {
  }

 private:
  const std::string expected_;
};

}  // namespace

void RequireTls13() { setenv("GRPC_SSL_CIPHER_SUITES", kCipherSuites, 1); }

std::shared_ptr<grpc::ServerCredentials> TlsServerCredentials(
    TlsFolder& folder) {
  return std::make_shared<FolderServerCredentials>(folder);
}

std::shared_ptr<grpc::ChannelCredentials> TlsChannelCredentials(
    const TlsIdentity& identity, absl::string_view service) {
  using ::grpc::experimental::ExternalCertificateVerifier;
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
          identity.authorities,
          std::vector<grpc::experimental::IdentityKeyCertPair>{
              {identity.private_key, identity.certificate}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<ServerIdentityVerifier>(
          FormatSpiffeId({identity.self.space, std::string(service)})));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace crm
