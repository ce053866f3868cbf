#include "gateway/http/tls_server.h"

#include <openssl/err.h>

#include <vector>

#include "shared/auth/certificate.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

constexpr size_t kMaxFileBytes = 256 << 10;
// Of TLS 1.2, what HTTP/2 does not forbid; those of TLS 1.3 all are good.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
// What is spoken, each name behind its length, the better one first.
constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

absl::Status BadCertificate(absl::string_view why) {
  ERR_clear_error();
  return InvalidArgument("BAD_CERTIFICATE", why);
}

// Chooses a protocol of those that the client offers. A client that offers none
// of ours is refused, as RFC 7301 asks.
int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen,
                   unsigned char* chosen_size, const unsigned char* offered,
                   unsigned int offered_size, void* /*unused*/) {
  unsigned char* out = nullptr;
  if (SSL_select_next_proto(&out, chosen_size, kProtocols,
                            sizeof(kProtocols) - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = out;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsServer>> TlsServer::Open(Files files,
                                                           const Clock& clock,
                                                           OnChange on_change) {
  std::unique_ptr<TlsServer> server(new TlsServer(std::move(files), clock));
  server->stamps_ = server->LookAt();
  CRM_ASSIGN_OR_RETURN(server->context_, server->Read());
  server->next_check_ = clock.Monotonic() + kCheckInterval;
  server->on_change_ = std::move(on_change);
  return server;
}

absl::StatusOr<std::unique_ptr<TlsSession>> TlsServer::NewSession() {
  const absl::Duration now = clock_.Monotonic();
  if (now >= next_check_) {
    next_check_ = now + kCheckInterval;
    if (const Stamps stamps = LookAt(); stamps != stamps_) {
      stamps_ = stamps;
      absl::StatusOr<Context> context = Read();
      if (context.ok()) context_ = *std::move(context);
      if (on_change_) on_change_(context.status());
    }
  }
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context_.get()));
  if (ssl == nullptr) {
    ERR_clear_error();
    return Internal("TLS_FAILURE", "There is no memory for a TLS session.");
  }
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsSession>(std::move(ssl), "a client");
}

TlsServer::Stamps TlsServer::LookAt() const {
  return {StampOf(files_.certificate), StampOf(files_.private_key)};
}

absl::StatusOr<TlsServer::Context> TlsServer::Read() const {
  CRM_ASSIGN_OR_RETURN(const std::string pem,
                       ReadWholeFile(files_.certificate, kMaxFileBytes));
  CRM_ASSIGN_OR_RETURN(const std::string key_pem,
                       ReadSecretFile(files_.private_key, kMaxFileBytes));
  CRM_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                       ParseCertificates(pem, "The certificate"));
  const EvpKey key = ParsePrivateKey(key_pem);
  if (key == nullptr) return BadCertificate("The private key is no key.");
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr ||
      SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
    return BadCertificate("OpenSSL offers no TLS as it is needed here.");
  }
  if (SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return BadCertificate("The certificate does not belong to the key.");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return BadCertificate("The chain of the certificate is none.");
    }
  }
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  // Renegotiation costs a server more than its client, and HTTP/2 forbids it.
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace crm::gateway
