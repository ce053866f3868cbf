// Makes certificates: an authority of one's own, and certificates of services
// that it signs. For machines without a certificate authority, and for tests;
// a cluster uses its own.

#ifndef CRM_SHARED_AUTH_CERTIFICATE_MAKER_H_
#define CRM_SHARED_AUTH_CERTIFICATE_MAKER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// A certificate and its key, as PEM.
struct CertifiedKey {
  std::string certificate;
  std::string private_key;
};

// What a certificate says.
struct CertificateRequest {
  // The common name of its subject.
  std::string common_name;
  // Its alternative names.
  std::vector<std::string> uris = {};
  std::vector<std::string> host_names = {};
  absl::Time not_before;
  absl::Time not_after;
};

// Makes a key (ECDSA, P-256) and a certificate of it that signs itself and may
// sign others. Returns INTERNAL (CERTIFICATE_FAILURE) if OpenSSL cannot.
absl::StatusOr<CertifiedKey> MakeAuthority(const CertificateRequest& request);

// Makes a key and a certificate of it for either end of a connection, signed by
// `authority`. Returns INVALID_ARGUMENT (BAD_CERTIFICATE) for an authority that
// is none, and INTERNAL as above.
absl::StatusOr<CertifiedKey> IssueCertificate(
    const CertifiedKey& authority, const CertificateRequest& request);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_CERTIFICATE_MAKER_H_
