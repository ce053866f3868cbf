#include "gateway/transcode/grpc_web_wire.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// What tells the frame of trailers from one of a message.
constexpr char kTrailersFlag = '\x80';
// What base64 makes of three bytes.
constexpr size_t kGroup = 4;

// The library skips blanks, with which a group would end elsewhere.
bool IsOfBase64(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' ||
         c == '/' || c == '=';
}

absl::Status Malformed() {
  return InvalidArgument("BASE64_MALFORMED",
                         "The body of a gRPC-Web text request must be base64.");
}

}  // namespace

std::optional<GrpcWebType> ParseGrpcWebType(absl::string_view content_type) {
  content_type = absl::StripAsciiWhitespace(
      content_type.substr(0, content_type.find(';')));
  if (!absl::ConsumePrefix(&content_type, "application/grpc-web")) {
    return std::nullopt;
  }
  GrpcWebType type;
  type.text = absl::ConsumePrefix(&content_type, "-text");
  if (!content_type.empty() && content_type[0] != '+') return std::nullopt;
  type.codec = std::string(content_type);
  return type;
}

std::string GrpcWebContentType(const GrpcWebType& type) {
  return absl::StrCat("application/grpc-web", type.text ? "-text" : "",
                      type.codec.empty() ? "+proto" : type.codec);
}

std::string GrpcWebTrailersFrame(const GrpcTrailers& trailers) {
  std::string lines;
  for (const auto& [name, value] : trailers) {
    std::string line = absl::StrCat(name, ": ", value);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; },
        ' ');
    absl::StrAppend(&lines, line, "\r\n");
  }
  std::string frame = GrpcFrame(lines);
  frame[0] = kTrailersFlag;
  return frame;
}

absl::StatusOr<std::string> Base64Reader::Append(absl::string_view chunk) {
  if (!std::all_of(chunk.begin(), chunk.end(), IsOfBase64)) return Malformed();
  rest_.append(chunk.data(), chunk.size());
  std::string bytes;
  absl::string_view groups(rest_);
  groups = groups.substr(0, groups.size() - groups.size() % kGroup);
  while (!groups.empty()) {
    // Whoever sends in pieces may pad each, so a padded group ends a run.
    const size_t padding = groups.find('=');
    const size_t run = padding == absl::string_view::npos
                           ? groups.size()
                           : (padding / kGroup + 1) * kGroup;
    std::string decoded;
    if (!absl::Base64Unescape(groups.substr(0, run), &decoded)) {
      return Malformed();
    }
    bytes += decoded;
    groups.remove_prefix(run);
  }
  rest_.erase(0, rest_.size() - rest_.size() % kGroup);
  return bytes;
}

}  // namespace crm::gateway
