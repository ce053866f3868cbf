#include "gateway/routing/path.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

absl::Status BadUrl(absl::string_view message) {
  return InvalidArgument("BAD_URL", message);
}

// Returns the value of a hexadecimal digit, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    uint32_t code_point = lead & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code_point = (code_point << 6) | (next & 0x3Fu);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code_point < kLeast[length] || code_point > 0x10FFFF ||
        (code_point >= 0xD800 && code_point <= 0xDFFF)) {
      return false;
    }
    i += length;
  }
  return true;
}

absl::StatusOr<std::string> PercentDecode(absl::string_view text,
                                          bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) {
      c = ' ';
    } else if (c == '%') {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return BadUrl(
            "The URL has a '%' that two hexadecimal digits do not follow; "
            "write a literal '%' as '%25'.");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return BadUrl("The URL has a control character; remove it.");
    }
    decoded.push_back(c);
  }
  if (!IsUtf8(decoded)) {
    return BadUrl("The URL is not UTF-8 after decoding.");
  }
  return decoded;
}

absl::StatusOr<RequestPath> ParsePath(absl::string_view path) {
  if (path.size() > kMaxPathBytes) {
    return BadUrl("The path is longer than 4096 bytes.");
  }
  if (path.empty() || path.front() != '/') {
    return BadUrl("The path does not start with '/'.");
  }
  std::vector<absl::string_view> parts = absl::StrSplit(path.substr(1), '/');
  if (parts.size() > kMaxPathSegments) {
    return BadUrl("The path has more than 32 segments.");
  }
  RequestPath result;
  const size_t colon = parts.back().rfind(':');
  if (colon != absl::string_view::npos) {
    CRM_ASSIGN_OR_RETURN(result.verb,
                         PercentDecode(parts.back().substr(colon + 1)));
    if (result.verb.empty()) return BadUrl("The path ends in ':'.");
    parts.back() = parts.back().substr(0, colon);
  }
  for (const absl::string_view part : parts) {
    CRM_ASSIGN_OR_RETURN(std::string segment, PercentDecode(part));
    if (segment.empty() || segment == "." || segment == "..") {
      return BadUrl("The path has an empty, '.' or '..' segment.");
    }
    result.segments.push_back(std::move(segment));
  }
  return result;
}

}  // namespace crm::gateway
