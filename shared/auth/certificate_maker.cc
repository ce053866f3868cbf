#include "shared/auth/certificate_maker.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/auth/certificate.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr long kVersion3 = 2;
constexpr int kSerialBytes = 16;

struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const {
    X509_EXTENSION_free(extension);
  }
};
struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};

absl::Status Failure() {
  ERR_clear_error();
  return Internal("CERTIFICATE_FAILURE", "OpenSSL cannot make a certificate.");
}

bool SetSerial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes;
  if (RAND_bytes(bytes.data(), kSerialBytes) != 1) return false;
  bytes[0] &= 0x7f;  // Serial numbers are positive.
  const std::unique_ptr<BIGNUM, FreeNumber> number(
      BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) !=
             nullptr;
}

bool SetName(X509_NAME* name, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(
             name, "CN", MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(common_name.data()),
             static_cast<int>(common_name.size()), -1, 0) == 1;
}

// Adds an extension as openssl.cnf would write it.
bool Extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeExtension> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr &&
         X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string AlternativeNames(const CertificateRequest& request) {
  std::vector<std::string> names;
  for (const std::string& uri : request.uris) {
    names.push_back(absl::StrCat("URI:", uri));
  }
  for (const std::string& host : request.host_names) {
    names.push_back(absl::StrCat("DNS:", host));
  }
  return absl::StrJoin(names, ",");
}

// Returns a certificate that is whole but for its issuer, extensions and
// signature.
Certificate Begin(const CertificateRequest& request, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  const bool good =
      certificate != nullptr &&
      X509_set_version(certificate.get(), kVersion3) == 1 &&
      SetSerial(certificate.get()) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                    absl::ToTimeT(request.not_before)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                    absl::ToTimeT(request.not_after)) != nullptr &&
      SetName(X509_get_subject_name(certificate.get()), request.common_name) &&
      X509_set_pubkey(certificate.get(), key) == 1;
  return good ? std::move(certificate) : nullptr;
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<CertifiedKey> Write(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0,
                               nullptr, nullptr) != 1) {
    return Failure();
  }
  return CertifiedKey{TextOf(certificate_text.get()), TextOf(key_text.get())};
}

}  // namespace

absl::StatusOr<CertifiedKey> MakeAuthority(const CertificateRequest& request) {
  const EvpKey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failure();
  const Certificate certificate = Begin(request, key.get());
  if (certificate == nullptr) return Failure();
  X509* const self = certificate.get();
  if (X509_set_issuer_name(self, X509_get_subject_name(self)) != 1 ||
      !Extend(self, self, NID_basic_constraints,
              "critical,CA:TRUE,pathlen:0") ||
      !Extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !Extend(self, self, NID_subject_key_identifier, "hash") ||
      X509_sign(self, key.get(), EVP_sha256()) == 0) {
    return Failure();
  }
  return Write(self, key.get());
}

absl::StatusOr<CertifiedKey> IssueCertificate(
    const CertifiedKey& authority, const CertificateRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<Certificate> issuers,
      ParseCertificates(authority.certificate, "The authority"));
  const EvpKey issuer_key = ParsePrivateKey(authority.private_key);
  X509* const issuer = issuers.front().get();
  if (issuer_key == nullptr ||
      X509_check_private_key(issuer, issuer_key.get()) != 1) {
    ERR_clear_error();
    return InvalidArgument("BAD_CERTIFICATE",
                           "The authority is no certificate with its key.");
  }
  const EvpKey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failure();
  const Certificate certificate = Begin(request, key.get());
  if (certificate == nullptr) return Failure();
  X509* const self = certificate.get();
  const std::string names = AlternativeNames(request);
  if (X509_set_issuer_name(self, X509_get_subject_name(issuer)) != 1 ||
      !Extend(self, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !Extend(self, issuer, NID_key_usage, "critical,digitalSignature") ||
      !Extend(self, issuer, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !Extend(self, issuer, NID_authority_key_identifier, "keyid:always") ||
      (!names.empty() && !Extend(self, issuer, NID_subject_alt_name, names)) ||
      X509_sign(self, issuer_key.get(), EVP_sha256()) == 0) {
    return Failure();
  }
  return Write(self, key.get());
}

}  // namespace crm
