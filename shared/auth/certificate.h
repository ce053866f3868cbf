// X.509 certificates as OpenSSL has them: owners, PEM, and the service that one
// names.

#ifndef CRM_SHARED_AUTH_CERTIFICATE_H_
#define CRM_SHARED_AUTH_CERTIFICATE_H_

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/public_key.h"
#include "shared/auth/service_identity.h"

namespace crm {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

// Returns the certificates of `pem`, at least one and at most 32, or
// INVALID_ARGUMENT (BAD_CERTIFICATE) that calls the text `what`.
absl::StatusOr<std::vector<Certificate>> ParseCertificates(
    absl::string_view pem, absl::string_view what);

// Returns the private key of `pem`, which has no password, or null.
EvpKey ParsePrivateKey(absl::string_view pem);

// Returns the one service that `certificate` names by a SPIFFE URI, or
// INVALID_ARGUMENT (BAD_CERTIFICATE). Says nothing about whether it holds.
absl::StatusOr<ServiceIdentity> IdentityOf(const X509* certificate);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_CERTIFICATE_H_
