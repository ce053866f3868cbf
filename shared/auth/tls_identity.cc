#include "shared/auth/tls_identity.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/auth/certificate.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct FreeCheck {
  void operator()(X509_STORE_CTX* check) const { X509_STORE_CTX_free(check); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

absl::Status Bad(absl::string_view what) {
  ERR_clear_error();
  return InvalidArgument("BAD_CERTIFICATE", what);
}

absl::Status CheckChain(const std::vector<Certificate>& chain,
                        const std::vector<Certificate>& authorities,
                        absl::Time now) {
  const std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store.get(), authority.get());
  }
  const std::unique_ptr<STACK_OF(X509), FreeStack> between(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) {
    sk_X509_push(between.get(), chain[i].get());
  }
  const std::unique_ptr<X509_STORE_CTX, FreeCheck> check(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(),
                          between.get()) != 1) {
    return Bad("The certificate cannot be checked.");
  }
  X509_STORE_CTX_set_time(check.get(), 0, absl::ToTimeT(now));
  if (X509_verify_cert(check.get()) == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(check.get());
  return Bad(absl::StrCat("The certificate does not hold: ",
                          X509_verify_cert_error_string(error), "."));
}

absl::Time EndOf(X509* certificate) {
  std::tm end = {};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
  return absl::FromTM(end, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<TlsIdentity> ParseTlsIdentity(absl::string_view certificate,
                                             absl::string_view private_key,
                                             absl::string_view authorities,
                                             absl::Time now) {
  CRM_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                       ParseCertificates(certificate, "The certificate"));
  CRM_ASSIGN_OR_RETURN(const std::vector<Certificate> trusted,
                       ParseCertificates(authorities, "The authority"));
  const EvpKey key = ParsePrivateKey(private_key);
  if (key == nullptr) return Bad("The key is not a private key in PEM.");
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return Bad("The key does not belong to the certificate.");
  }
  CRM_RETURN_IF_ERROR(CheckChain(chain, trusted, now));
  CRM_ASSIGN_OR_RETURN(ServiceIdentity self, IdentityOf(chain.front().get()));
  return TlsIdentity{.certificate = std::string(certificate),
                     .private_key = std::string(private_key),
                     .authorities = std::string(authorities),
                     .self = std::move(self),
                     .not_after = EndOf(chain.front().get())};
}

}  // namespace crm
