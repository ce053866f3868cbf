// Takes a compact JSON Web Token (RFC 7515, RFC 7519) apart, trusting nothing.
//
//   eyJhbGciOi... . eyJpc3MiOi... . c2lnbmF0dXJl
//   header          claims         signature

#ifndef CRM_SHARED_AUTH_TOKEN_H_
#define CRM_SHARED_AUTH_TOKEN_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/public_key.h"

namespace crm {

// The longest token that is looked at, in bytes.
inline constexpr size_t kMaxTokenBytes = 8 * 1024;

// A token whose signature nobody has checked yet.
struct UnverifiedToken {
  JwtAlgorithm algorithm;
  std::string key_id;
  // The media type, as `at+jwt`: lower case, without `application/`.
  std::string type;
  nlohmann::json claims;
  // What is signed: the first two segments of the token. Refers to it.
  absl::string_view signed_text;
  std::string signature;
};

// Returns the parts of `token`, which the result refers to. Returns
// UNAUTHENTICATED:
// * TOKEN_MALFORMED unless it is three segments of strict base64url of at most
//   kMaxTokenBytes, and header and claims are JSON objects without repeated
//   names;
// * TOKEN_ALGORITHM unless the algorithm is an accepted one;
// * TOKEN_HEADER if the header brings or points to a key (jku, x5u, x5c, jwk),
//   asks for extensions (crit, b64), or names no key.
absl::StatusOr<UnverifiedToken> ParseToken(absl::string_view token);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TOKEN_H_
