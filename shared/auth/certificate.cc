#include "shared/auth/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr size_t kMaxCertificates = 32;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
absl::Status Bad(absl::string_view what) {
  ERR_clear_error();
  return InvalidArgument("BAD_CERTIFICATE", what);
}

Bio Memory(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// PEM without a password; a key that has one is not asked for at a terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/,
               void* /*data*/) {
  return -1;
}

}  // namespace

absl::StatusOr<std::vector<Certificate>> ParseCertificates(
    absl::string_view pem, absl::string_view what) {
  const Bio memory = Memory(pem);
  std::vector<Certificate> found;
  while (found.size() < kMaxCertificates) {
    Certificate one(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    if (one == nullptr) break;
    found.push_back(std::move(one));
  }
  const bool ended =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (found.empty() || !ended) {
    return Bad(absl::StrCat(what, " is not one or more certificates in PEM."));
  }
  ERR_clear_error();
  return found;
}

EvpKey ParsePrivateKey(absl::string_view pem) {
  const Bio memory = Memory(pem);
  EvpKey key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  return key;
}

absl::StatusOr<ServiceIdentity> IdentityOf(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<ServiceIdentity> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    std::optional<ServiceIdentity> identity = ParseSpiffeId(absl::string_view(
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
        static_cast<size_t>(ASN1_STRING_length(uri))));
    if (identity.has_value()) found.push_back(*std::move(identity));
  }
  if (found.size() != 1) {
    return Bad(
        "The certificate must name one service, as the URI "
        "'spiffe://crm/ns/NAMESPACE/sa/SERVICE'.");
  }
  return found.front();
}

}  // namespace crm
