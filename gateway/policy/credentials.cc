#include "gateway/policy/credentials.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

absl::StatusOr<std::string> BearerToken(const Headers& headers) {
  const std::string* value = nullptr;
  for (const Header& header : headers) {
    if (header.name != "authorization") continue;
    if (value != nullptr) {
      return Unauthenticated("CREDENTIAL_MALFORMED",
                             "There are several authorization headers; send "
                             "one.");
    }
    value = &header.value;
  }
  if (value == nullptr) {
    return Unauthenticated("CREDENTIAL_MISSING",
                           "There is no credential; send the header "
                           "'authorization: Bearer <token>'.");
  }
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(*value, kScheme)) {
    return Unauthenticated("CREDENTIAL_MALFORMED",
                           "The credential is no bearer token; send the header "
                           "'authorization: Bearer <token>'.");
  }
  return std::string(absl::StripAsciiWhitespace(
      absl::string_view(*value).substr(kScheme.size())));
}

absl::StatusOr<Principal> Authenticate(const Headers& headers,
                                       const VerifyToken& verify) {
  CRM_ASSIGN_OR_RETURN(const std::string token, BearerToken(headers));
  return verify(token);
}

}  // namespace crm::gateway
