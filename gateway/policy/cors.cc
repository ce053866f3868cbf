#include "gateway/policy/cors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

constexpr char kAll[] = "*";
constexpr char kMethods[] = "DELETE, GET, PATCH, POST, PUT";
// What a page may send beside what every page may.
constexpr char kRequestHeaders[] =
    "authorization, content-type, crm-allow-duplicates, crm-criticality, "
    "crm-token, grpc-timeout, idempotency-key, if-match, if-none-match, "
    "traceparent, x-grpc-web, x-request-id, x-user-agent";
// What a page may read beside what every page may.
constexpr char kResponseHeaders[] =
    "crm-token, crm-trace-id, etag, grpc-message, grpc-status, "
    "grpc-status-details-bin, retry-after, x-request-id";
// For how many seconds a browser need not ask again; none keeps it for longer.
constexpr char kMaxAge[] = "7200";

bool IsOrigin(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "https://") &&
      !absl::ConsumePrefix(&text, "http://")) {
    return false;
  }
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

absl::Status CorsPolicy::Check(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    if (origin == kAll || IsOrigin(origin)) continue;
    return InvalidArgument(
        "BAD_CONFIG",
        absl::StrCat("'", origin,
                     "' is no origin; write it as https://crm.example.com, in "
                     "lower case, or * for all."));
  }
  return absl::OkStatus();
}

bool CorsPolicy::Allows(absl::string_view origin) const {
  if (origin.empty()) return false;
  return std::any_of(origins_.begin(), origins_.end(),
                     [origin](const std::string& allowed) {
                       return allowed == kAll || allowed == origin;
                     });
}

Headers CorsPolicy::AnswerHeaders(absl::string_view origin) const {
  return {{"access-control-allow-origin", std::string(origin)},
          {"access-control-expose-headers", kResponseHeaders},
          {"vary", "origin"}};
}

Headers CorsPolicy::PreflightHeaders(absl::string_view origin) const {
  return {{"access-control-allow-origin", std::string(origin)},
          {"access-control-allow-methods", kMethods},
          {"access-control-allow-headers", kRequestHeaders},
          {"access-control-max-age", kMaxAge},
          {"vary", "origin"}};
}

bool IsPreflight(const RequestHead& head) {
  return head.method == "OPTIONS" &&
         FindHeader(head.headers, "access-control-request-method") != nullptr;
}

}  // namespace crm::gateway
