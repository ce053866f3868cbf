#include "shared/auth/service_identity.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace crm {
namespace {

constexpr size_t kMaxNameBytes = 63;

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == '-';
         });
}

}  // namespace

std::string FormatSpiffeId(const ServiceIdentity& identity) {
  return absl::StrCat("spiffe://crm/ns/", identity.space, "/sa/",
                      identity.service);
}

std::optional<ServiceIdentity> ParseSpiffeId(absl::string_view uri) {
  if (!absl::ConsumePrefix(&uri, "spiffe://crm/ns/")) return std::nullopt;
  const size_t slash = uri.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const absl::string_view space = uri.substr(0, slash);
  absl::string_view service = uri.substr(slash);
  if (!absl::ConsumePrefix(&service, "/sa/")) return std::nullopt;
  if (!IsName(space) || !IsName(service)) return std::nullopt;
  return ServiceIdentity{std::string(space), std::string(service)};
}

}  // namespace crm
