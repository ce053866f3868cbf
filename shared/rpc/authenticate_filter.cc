#include "shared/rpc/authenticate_filter.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr size_t kMaxConsistencyTokens = 16;

// Returns the token of an `authorization` header, or "". The name of a scheme
// has no case (RFC 9110).
absl::string_view BearerToken(absl::string_view header) {
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return "";
  return absl::StripAsciiWhitespace(header.substr(kScheme.size()));
}

}  // namespace

absl::Status AuthenticateFilter::Begin(Call& call) {
  const absl::string_view token =
      BearerToken(FindMetadata(call.metadata, "authorization"));
  if (token.empty()) {
    return Unauthenticated("TOKEN_MISSING",
                           "The call needs a token: send the metadata "
                           "'authorization' with 'Bearer' and the token.");
  }
  CRM_ASSIGN_OR_RETURN(Principal principal, verifier_.Verify(token));
  call.context.principal = std::move(principal);
  call.context.bearer_token = std::string(token);
  for (const auto& [name, value] : call.metadata) {
    if (name == "crm-token") call.context.consistency_tokens.push_back(value);
    if (name == "crm-allow-duplicates") {
      call.context.allow_duplicates = value == "true";
    }
  }
  if (call.context.consistency_tokens.size() > kMaxConsistencyTokens) {
    return InvalidArgument("TOO_MANY_CONSISTENCY_TOKENS",
                           "A call carries at most 16 consistency tokens.");
  }
  return absl::OkStatus();
}

}  // namespace crm
