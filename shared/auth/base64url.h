// Text form of bytes in tokens and keys: base64url of RFC 4648, unpadded.
// Pure functions.

#ifndef CRM_SHARED_AUTH_BASE64URL_H_
#define CRM_SHARED_AUTH_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Returns `bytes` as text.
std::string EncodeBase64Url(absl::string_view bytes);

// Returns the bytes of `text`, or nothing unless it is exactly what
// EncodeBase64Url returns for them: no padding, no spaces, no spare bits.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_BASE64URL_H_
