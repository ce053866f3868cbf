#include "gateway/http/request_rules.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace crm::gateway {
namespace {

constexpr int kBadRequest = 400;
constexpr int kMethodNotAllowed = 405;
constexpr int kRequestTimeout = 408;
constexpr int kContentTooLarge = 413;
constexpr int kExpectationFailed = 417;
constexpr int kHeaderFieldsTooLarge = 431;
constexpr int kNotImplemented = 501;
constexpr int kVersionNotSupported = 505;

// What a refusal says. The texts need no escaping in JSON.
struct Refusal {
  absl::StatusCode code;
  absl::string_view reason;
  absl::string_view message;
};

Refusal RefusalFor(int status) {
  switch (status) {
    case kMethodNotAllowed:
      return {absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED",
              "The HTTP method is not served here."};
    case kRequestTimeout:
      return {absl::StatusCode::kDeadlineExceeded, "REQUEST_TIMEOUT",
              "The request did not come in time; send it again."};
    case kContentTooLarge:
      return {absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE",
              "The body is too large; send less at once."};
    case kHeaderFieldsTooLarge:
      return {absl::StatusCode::kResourceExhausted, "HEADERS_TOO_LARGE",
              "The headers are too large; send fewer or shorter ones."};
    case kNotImplemented:
      return {absl::StatusCode::kUnimplemented, "TRANSFER_CODING_UNSUPPORTED",
              "No transfer coding but chunked is served."};
    case kVersionNotSupported:
      return {absl::StatusCode::kUnimplemented, "HTTP_VERSION_UNSUPPORTED",
              "HTTP/1.0, HTTP/1.1 and HTTP/2 are served."};
    default:
      return {absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
              "The request is not well-formed HTTP."};
  }
}

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("!#$%&'*+-.^_`|~", absl::string_view(&c, 1));
}

bool IsToken(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

bool IsVisible(char c) { return c > ' ' && c != '\x7f'; }

// Field values may hold tabs and any byte that is no control character.
bool IsFieldValue(absl::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return c != '\t' && absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

// Removes and returns the first line of `head`, without its CRLF; false when
// there is none, or when it holds a bare CR, LF or NUL.
bool TakeLine(absl::string_view& head, absl::string_view& line) {
  const size_t end = head.find("\r\n");
  if (end == absl::string_view::npos) return false;
  line = head.substr(0, end);
  head.remove_prefix(end + 2);
  return line.find_first_of(absl::string_view("\r\n\0", 3)) ==
         absl::string_view::npos;
}

int CheckRequestLine(absl::string_view line) {
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == absl::string_view::npos || method_end == target_end ||
      !IsToken(line.substr(0, method_end))) {
    return kBadRequest;
  }
  const absl::string_view target =
      line.substr(method_end + 1, target_end - method_end - 1);
  if (target.empty() || !std::all_of(target.begin(), target.end(), IsVisible)) {
    return kBadRequest;
  }
  const absl::string_view version = line.substr(target_end + 1);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return 0;
  return absl::StartsWith(version, "HTTP/") ? kVersionNotSupported
                                            : kBadRequest;
}

// The fields that say where the message ends and whom it is for.
struct Framing {
  int content_lengths = 0;
  int transfer_encodings = 0;
  int hosts = 0;
};

int CheckField(absl::string_view line, Framing& framing) {
  // A line that begins with a space continues the one before: obsolete folding.
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || !IsToken(line.substr(0, colon))) {
    return kBadRequest;
  }
  const absl::string_view name = line.substr(0, colon);
  const absl::string_view value =
      absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (!IsFieldValue(value)) return kBadRequest;
  if (absl::EqualsIgnoreCase(name, "content-length")) {
    ++framing.content_lengths;
    constexpr size_t kMaxDigits = 18;
    if (value.empty() || value.size() > kMaxDigits ||
        !std::all_of(value.begin(), value.end(), [](char c) {
          return absl::ascii_isdigit(static_cast<unsigned char>(c));
        })) {
      return kBadRequest;
    }
  } else if (absl::EqualsIgnoreCase(name, "transfer-encoding")) {
    ++framing.transfer_encodings;
    if (!absl::EqualsIgnoreCase(value, "chunked")) return kNotImplemented;
  } else if (absl::EqualsIgnoreCase(name, "host")) {
    ++framing.hosts;
  } else if (absl::EqualsIgnoreCase(name, "expect")) {
    if (!absl::EqualsIgnoreCase(value, "100-continue")) {
      return kExpectationFailed;
    }
  }
  return 0;
}

}  // namespace

int CheckH1Head(absl::string_view head) {
  absl::string_view line;
  if (!TakeLine(head, line)) return kBadRequest;
  const bool http10 = absl::EndsWith(line, "HTTP/1.0");
  if (const int status = CheckRequestLine(line); status != 0) return status;
  Framing framing;
  while (true) {
    if (!TakeLine(head, line)) return kBadRequest;
    if (line.empty()) break;
    if (const int status = CheckField(line, framing); status != 0) {
      return status;
    }
  }
  const bool two_lengths =
      framing.content_lengths + framing.transfer_encodings > 1;
  const bool chunked_before_1_1 = http10 && framing.transfer_encodings > 0;
  const bool host_missing = !http10 && framing.hosts == 0;
  if (two_lengths || chunked_before_1_1 || host_missing || framing.hosts > 1) {
    return kBadRequest;
  }
  return 0;
}

int CheckRequest(const RequestHead& head) {
  if (head.method == "CONNECT" || head.method == "TRACE") {
    return kMethodNotAllowed;
  }
  if (!IsToken(head.method)) return kBadRequest;
  const bool server_wide = head.method == "OPTIONS" && head.path == "*";
  if (!server_wide && !absl::StartsWith(head.path, "/")) return kBadRequest;
  if (!std::all_of(head.path.begin(), head.path.end(), IsVisible) ||
      absl::StrContains(head.path, "#")) {
    return kBadRequest;
  }
  if (!std::all_of(head.authority.begin(), head.authority.end(), IsVisible) ||
      absl::StrContains(head.authority, "@")) {
    return kBadRequest;
  }
  for (const Header& header : head.headers) {
    // `a_b` and `a-b` are one name to many a program behind an edge.
    if (absl::StrContains(header.name, "_")) return kBadRequest;
  }
  return 0;
}

std::string RefusalBody(int status) {
  const Refusal refusal = RefusalFor(status);
  return absl::StrCat(
      R"({"code":)", static_cast<int>(refusal.code), R"(,"message":")",
      refusal.message,
      R"(","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)",
      R"("reason":")", refusal.reason, R"(","domain":"crm"}]})", "\n");
}

bool IsConnectionHeader(absl::string_view name) {
  return name == "connection" || name == "keep-alive" ||
         name == "proxy-connection" || name == "transfer-encoding" ||
         name == "upgrade" || name == "expect" || name == "http2-settings";
}

}  // namespace crm::gateway
