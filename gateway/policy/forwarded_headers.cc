#include "gateway/policy/forwarded_headers.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {
namespace {

template <size_t N>
bool IsOneOf(absl::string_view name,
             const std::array<absl::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Predicate>
Headers Select(const Headers& headers, Predicate wanted) {
  Headers selected;
  for (const Header& header : headers) {
    if (wanted(header.name)) selected.push_back(header);
  }
  return selected;
}

}  // namespace

Headers GrpcHeaders(const Headers& headers) {
  constexpr std::array<absl::string_view, 10> kDropped = {
      "connection",   "content-length", "cookie", "forwarded",
      "grpc-timeout", "host",           "te",     "traceparent",
      "upgrade",      "x-real-ip"};
  return Select(headers, [&kDropped](absl::string_view name) {
    return !IsOneOf(name, kDropped) && !absl::StartsWith(name, "x-crm-") &&
           !absl::StartsWith(name, "x-forwarded-");
  });
}

Headers RestMetadata(const Headers& headers) {
  constexpr std::array<absl::string_view, 6> kPassed = {
      "authorization", "crm-allow-duplicates", "crm-criticality",
      "crm-token",     "user-agent",           "x-request-id"};
  Headers metadata;
  for (const Header& header : headers) {
    if (!IsOneOf(header.name, kPassed)) continue;
    if (header.name != "crm-token") {
      metadata.push_back(header);
      continue;
    }
    // HTTP lets clients join the values of a header that repeats.
    for (const absl::string_view token :
         absl::StrSplit(header.value, ',', absl::SkipWhitespace())) {
      metadata.push_back(
          {header.name, std::string(absl::StripAsciiWhitespace(token))});
    }
  }
  return metadata;
}

Headers RestHeaders(const Headers& metadata) {
  return Select(metadata, [](absl::string_view name) {
    return absl::StartsWith(name, "crm-") || name == "x-request-id";
  });
}

}  // namespace crm::gateway
