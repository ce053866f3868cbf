#include "gateway/http/tls_session.h"

#include <openssl/err.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

absl::Status Lost() {
  ERR_clear_error();
  return Unavailable("CONNECTION_LOST", "The connection broke. Try again.");
}

// What OpenSSL says is wrong; never a secret.
std::string LastError(const SSL* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  return text == nullptr ? "the peer has gone away" : text;
}

}  // namespace

TlsSession::TlsSession(std::unique_ptr<SSL, FreeSsl> ssl, std::string peer,
                       Check check)
    : ssl_(std::move(ssl)), peer_(std::move(peer)), check_(std::move(check)) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

void TlsSession::Feed(absl::string_view ciphertext) {
  BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(),
            static_cast<int>(ciphertext.size()));
}

absl::StatusOr<bool> TlsSession::Handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (check_ != nullptr) CRM_RETURN_IF_ERROR(check_(*ssl_));
    return true;
  }
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  const std::string why = LastError(ssl_.get());
  ERR_clear_error();
  return Unauthenticated("TLS_REFUSED",
                         absl::StrCat("No TLS with ", peer_, ": ", why, "."));
}

absl::string_view TlsSession::protocol() const {
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  return absl::string_view(reinterpret_cast<const char*>(protocol), size);
}

absl::StatusOr<size_t> TlsSession::Decrypt(absl::Span<char> out) {
  const int got =
      SSL_read(ssl_.get(), out.data(), static_cast<int>(out.size()));
  if (got > 0) return static_cast<size_t>(got);
  switch (SSL_get_error(ssl_.get(), got)) {
    case SSL_ERROR_WANT_READ:
      return 0;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return 0;
    default:
      return Lost();
  }
}

absl::Status TlsSession::Encrypt(absl::string_view plaintext,
                                 std::string& out) {
  // Memory takes all of it, so a write is never partial.
  while (!plaintext.empty()) {
    const size_t size =
        std::min<size_t>(plaintext.size(), std::numeric_limits<int>::max());
    if (SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(size)) <= 0) {
      return Lost();
    }
    plaintext.remove_prefix(size);
  }
  TakeOutput(out);
  return absl::OkStatus();
}

void TlsSession::Close() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsSession::TakeOutput(std::string& out) {
  BIO* const memory = SSL_get_wbio(ssl_.get());
  const size_t waiting = BIO_ctrl_pending(memory);
  if (waiting == 0) return;
  const size_t before = out.size();
  out.resize(before + waiting);
  BIO_read(memory, out.data() + before, static_cast<int>(waiting));
}

}  // namespace crm::gateway
