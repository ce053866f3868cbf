#include "shared/auth/base64url.h"

#include "absl/strings/escaping.h"

namespace crm {

std::string EncodeBase64Url(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes)) return std::nullopt;
  // The decoder forgives padding, spaces and spare bits, which would give one
  // token many spellings; writing the bytes back shows whether it did.
  if (EncodeBase64Url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace crm
