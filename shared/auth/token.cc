#include "shared/auth/token.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/auth/base64url.h"
#include "shared/auth/json_object.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

absl::Status Malformed(absl::string_view what) {
  return Unauthenticated("TOKEN_MALFORMED", what);
}

// RFC 9068: `application/` may be left out, and case does not count.
std::string MediaType(absl::string_view type) {
  const std::string lower = absl::AsciiStrToLower(type);
  return std::string(absl::StripPrefix(lower, "application/"));
}

std::optional<nlohmann::json> DecodeObject(absl::string_view segment) {
  const auto text = DecodeBase64Url(segment);
  if (!text.has_value()) return std::nullopt;
  return ParseJsonObject(*text);
}

}  // namespace

absl::StatusOr<UnverifiedToken> ParseToken(absl::string_view token) {
  if (token.size() > kMaxTokenBytes) {
    return Malformed(
        absl::StrCat("A token has at most ", kMaxTokenBytes, " bytes."));
  }
  const std::vector<absl::string_view> segments = absl::StrSplit(token, '.');
  if (segments.size() != 3) return Malformed("A token has three segments.");
  const auto header = DecodeObject(segments[0]);
  auto claims = DecodeObject(segments[1]);
  auto signature = DecodeBase64Url(segments[2]);
  if (!header.has_value() || !claims.has_value() || !signature.has_value()) {
    return Malformed("The token is not well-formed JSON in base64url.");
  }
  for (const char* refused : {"jku", "x5u", "x5c", "jwk", "crit", "b64"}) {
    if (header->contains(refused)) {
      return Unauthenticated(
          "TOKEN_HEADER",
          absl::StrCat("A token with header '", refused, "' is not accepted."),
          {{"header", refused}});
    }
  }
  const auto algorithm =
      FindJwtAlgorithm(FindString(*header, "alg").value_or(""));
  if (!algorithm.has_value()) {
    return Unauthenticated("TOKEN_ALGORITHM",
                           "The token's algorithm is not accepted; sign with "
                           "RS256, PS256, ES256 or EdDSA.");
  }
  const auto key_id = FindString(*header, "kid");
  if (key_id.value_or("").empty()) {
    return Unauthenticated("TOKEN_HEADER",
                           "The token does not name its key in 'kid'.",
                           {{"header", "kid"}});
  }
  return UnverifiedToken{
      .algorithm = *algorithm,
      .key_id = *key_id,
      .type = MediaType(FindString(*header, "typ").value_or("")),
      .claims = *std::move(claims),
      .signed_text =
          token.substr(0, segments[0].size() + 1 + segments[1].size()),
      .signature = *std::move(signature)};
}

}  // namespace crm
