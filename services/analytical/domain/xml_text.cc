#include "services/analytical/domain/xml_text.h"

#include <cstddef>

#include "absl/strings/match.h"

namespace crm::analytical {

std::string EscapeXml(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    // U+FFFE and U+FFFF are no characters to XML.
    if (absl::StartsWith(text.substr(i), "\xEF\xBF\xBE") ||
        absl::StartsWith(text.substr(i), "\xEF\xBF\xBF")) {
      i += 2;
      continue;
    }
    const char c = text[i];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool allowed =
            byte >= 0x20 || c == '\t' || c == '\n' || c == '\r';
        if (allowed) out += c;
      }
    }
  }
  return out;
}

}  // namespace crm::analytical
