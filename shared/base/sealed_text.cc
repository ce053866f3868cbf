#include "shared/base/sealed_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/base/digest.h"

namespace crm {
namespace {

// Half of HMAC-SHA-256, as RFC 2104 allows.
constexpr size_t kTagBytes = 16;
constexpr size_t kMaxTextBytes = 4096;

std::string Tag(absl::string_view body, absl::string_view purpose,
                absl::string_view secret) {
  return HmacSha256(secret, absl::StrCat(purpose, ":", body))
      .substr(0, kTagBytes);
}

}  // namespace

std::string Seal(absl::string_view body, absl::string_view purpose,
                 absl::string_view secret) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(Tag(body, purpose, secret), body));
}

std::optional<std::string> Unseal(absl::string_view text,
                                  absl::string_view purpose,
                                  absl::string_view secret) {
  std::string bytes;
  if (text.size() > kMaxTextBytes ||
      !absl::WebSafeBase64Unescape(text, &bytes) || bytes.size() < kTagBytes) {
    return std::nullopt;
  }
  std::string body = bytes.substr(kTagBytes);
  bytes.resize(kTagBytes);
  if (!ConstantTimeEqual(bytes, Tag(body, purpose, secret))) {
    return std::nullopt;
  }
  return body;
}

}  // namespace crm
