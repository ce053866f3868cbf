#include "shared/query/page_token.h"

#include <cstdint>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/query/fixed64.h"

namespace crm {
namespace {

// A token is, in URL-safe base64: the version, the time of issue in seconds,
// the hash of the binding, the state, and the HMAC of all before it.
constexpr char kVersion = 1;
constexpr size_t kBindingBytes = 16;
constexpr size_t kHmacBytes = 32;
constexpr size_t kHeaderBytes = 1 + sizeof(uint64_t) + kBindingBytes;
// Keeps these keys apart from other uses of the same secret.
constexpr char kKeyPurpose[] = "crm.query.page_token.v1";

absl::Status TokenError(absl::string_view reason, absl::string_view message) {
  return InvalidArgument(reason, message, {{"field", "page_token"}});
}

absl::Status InvalidToken() {
  return TokenError("PAGE_TOKEN_INVALID",
                    "The page token was not made by this service; use one as "
                    "it was returned, or list from the start.");
}

}  // namespace

PageTokenCodec::PageTokenCodec(absl::string_view secret, const Clock& clock)
    : key_(HmacSha256(secret, kKeyPurpose)), clock_(clock) {}

std::string PageTokenCodec::BindingHash(absl::string_view binding) const {
  // Keyed, so that a token does not let its bearer test guesses.
  return HmacSha256(key_, absl::StrCat("binding:", binding))
      .substr(0, kBindingBytes);
}

absl::StatusOr<std::string> PageTokenCodec::Encode(
    absl::string_view state, absl::string_view binding) const {
  std::string bytes(1, kVersion);
  AppendFixed64(static_cast<uint64_t>(absl::ToUnixSeconds(clock_.Now())),
                bytes);
  absl::StrAppend(&bytes, BindingHash(binding), state);
  bytes += HmacSha256(key_, bytes);
  std::string token = absl::WebSafeBase64Escape(bytes);
  if (token.size() > kMaxPageTokenBytes) {
    return InvalidArgument(
        "PAGE_TOKEN_TOO_LONG",
        "The values that the list is ordered by are too long for a page token; "
        "order by other fields.",
        {{"field", "order_by"}});
  }
  return token;
}

absl::StatusOr<std::string> PageTokenCodec::Decode(
    absl::string_view token, absl::string_view binding) const {
  std::string bytes;
  if (token.size() > kMaxPageTokenBytes ||
      !absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() < kHeaderBytes + kHmacBytes) {
    return InvalidToken();
  }
  const absl::string_view all(bytes);
  const absl::string_view body = all.substr(0, all.size() - kHmacBytes);
  if (!ConstantTimeEqual(HmacSha256(key_, body), all.substr(body.size())) ||
      body[0] != kVersion) {
    return InvalidToken();
  }
  absl::string_view rest = body.substr(1);
  const std::optional<uint64_t> issued = TakeFixed64(rest);
  if (!issued.has_value()) return InvalidToken();
  if (!ConstantTimeEqual(rest.substr(0, kBindingBytes), BindingHash(binding))) {
    return TokenError("PAGE_TOKEN_MISMATCH",
                      "The page token belongs to another list; keep all other "
                      "arguments as they were, or list from the start.");
  }
  const absl::Time issue_time =
      absl::FromUnixSeconds(static_cast<int64_t>(*issued));
  if (clock_.Now() - issue_time > kPageTokenLifetime) {
    return TokenError("PAGE_TOKEN_EXPIRED",
                      "The page token is older than 24 hours; list from the "
                      "start.");
  }
  return std::string(rest.substr(kBindingBytes));
}

}  // namespace crm
