// Finds out who calls, once per call, for REST, gRPC and local services alike.

#ifndef CRM_GATEWAY_POLICY_CREDENTIALS_H_
#define CRM_GATEWAY_POLICY_CREDENTIALS_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"
#include "shared/call/principal.h"

namespace crm::gateway {

// Verifies a bearer token. Returns UNAUTHENTICATED for one that does not hold.
using VerifyToken =
    std::function<absl::StatusOr<Principal>(absl::string_view token)>;

// Returns the bearer token of `headers`. Returns UNAUTHENTICATED:
// CREDENTIAL_MISSING without an `authorization` header, CREDENTIAL_MALFORMED
// for several, or one of another scheme.
absl::StatusOr<std::string> BearerToken(const Headers& headers);

// Returns the caller by the bearer token of `headers`: BearerToken, then
// `verify`.
absl::StatusOr<Principal> Authenticate(const Headers& headers,
                                       const VerifyToken& verify);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_POLICY_CREDENTIALS_H_
