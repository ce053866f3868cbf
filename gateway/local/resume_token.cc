#include "gateway/local/resume_token.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

constexpr char kVersion[] = "w1";

absl::Status Invalid() {
  return InvalidArgument("RESUME_TOKEN_INVALID",
                         "The resume token is none that a watch gave; leave it "
                         "out to start anew.");
}

}  // namespace

std::string EncodeResumeToken(const ResumeTokens& tokens) {
  std::string text = kVersion;
  for (const auto& [service, token] : tokens) {
    absl::StrAppend(&text, ".", service, ":", absl::WebSafeBase64Escape(token));
  }
  return text;
}

absl::StatusOr<ResumeTokens> DecodeResumeToken(absl::string_view text) {
  ResumeTokens tokens;
  if (text.empty()) return tokens;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.front() != kVersion) return Invalid();
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(parts[i], absl::MaxSplits(':', 1));
    std::string token;
    const bool formed = !halves.first.empty() && !halves.second.empty() &&
                        absl::WebSafeBase64Unescape(halves.second, &token);
    if (!formed || !tokens.emplace(halves.first, token).second) {
      return Invalid();
    }
  }
  return tokens;
}

}  // namespace crm::gateway
