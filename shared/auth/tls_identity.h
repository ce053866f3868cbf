// What a process shows of itself to the others, and whom it believes: its
// certificate, the key to it, and the authorities of the suite.

#ifndef CRM_SHARED_AUTH_TLS_IDENTITY_H_
#define CRM_SHARED_AUTH_TLS_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/service_identity.h"

namespace crm {

// All three as PEM, checked against each other.
struct TlsIdentity {
  std::string certificate;
  std::string private_key;
  std::string authorities;
  // What the certificate says.
  ServiceIdentity self;
  absl::Time not_after;
};

// Puts an identity together. Returns INVALID_ARGUMENT (BAD_CERTIFICATE) that
// says what is wrong unless at `now` the certificate is valid, is signed by one
// of the authorities, belongs to the key, and names one service by its SPIFFE
// URI. No text of the key is ever part of an error.
absl::StatusOr<TlsIdentity> ParseTlsIdentity(absl::string_view certificate,
                                             absl::string_view private_key,
                                             absl::string_view authorities,
                                             absl::Time now);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TLS_IDENTITY_H_
