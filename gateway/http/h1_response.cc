#include "gateway/http/h1_response.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

absl::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";  // May be empty: clients read the number.
  }
}

// A line feed in a value would begin a header of its own.
bool BreaksLine(const Header& header) {
  const absl::string_view breaks("\r\n\0", 3);
  return header.name.find_first_of(breaks.data(), 0, 3) != std::string::npos ||
         header.value.find_first_of(breaks.data(), 0, 3) != std::string::npos;
}

}  // namespace

void H1Response::Start(ResponseHead head) {
  if (!started()) head_ = std::move(head);
}

void H1Response::Write(absl::string_view bytes) {
  if (!ended_) body_.append(bytes.data(), bytes.size());
}

void H1Response::End() { ended_ = true; }

void H1Response::Serialize(std::string& out) {
  if (head_.has_value()) SerializeHead(out);
  if (!head_sent_) return;
  switch (framing_) {
    case Framing::kNone:
      break;
    case Framing::kClose:
      out += body_;
      break;
    case Framing::kLength: {
      // A body other than announced must not be read as the next response.
      const size_t sent =
          static_cast<size_t>(std::min<uint64_t>(remaining_, body_.size()));
      out.append(body_, 0, sent);
      remaining_ -= sent;
      if (sent < body_.size() || (ended_ && remaining_ > 0)) ForbidKeepAlive();
      break;
    }
    case Framing::kChunks:
      if (!body_.empty()) {
        absl::StrAppend(&out, absl::Hex(body_.size()), "\r\n", body_, "\r\n");
      }
      if (ended_) out += "0\r\n\r\n";
      break;
  }
  body_.clear();
}

void H1Response::SerializeHead(std::string& out) {
  const ResponseHead head = *std::exchange(head_, std::nullopt);
  head_sent_ = true;
  const std::string* declared = FindHeader(head.headers, "content-length");
  if (declared != nullptr && !absl::SimpleAtoi(*declared, &remaining_)) {
    declared = nullptr;
  }
  const bool bodiless = head.status == 204 || head.status == 304;
  if (declared == nullptr) {
    framing_ = ended_            ? Framing::kLength
               : request_.http11 ? Framing::kChunks
                                 : Framing::kClose;
    remaining_ = body_.size();
  }
  if (framing_ == Framing::kClose) ForbidKeepAlive();
  absl::StrAppend(&out, "HTTP/1.1 ", head.status, " ",
                  ReasonPhrase(head.status), "\r\n");
  for (const Header& header : head.headers) {
    if (header.name == "content-length" || IsConnectionHeader(header.name) ||
        BreaksLine(header)) {
      continue;
    }
    absl::StrAppend(&out, header.name, ": ", header.value, "\r\n");
  }
  if (!bodiless && framing_ == Framing::kLength) {
    absl::StrAppend(&out, "content-length: ", remaining_, "\r\n");
  } else if (!bodiless && framing_ == Framing::kChunks) {
    out += "transfer-encoding: chunked\r\n";
  }
  out += request_.keep_alive ? "connection: keep-alive\r\n\r\n"
                             : "connection: close\r\n\r\n";
  if (bodiless || request_.head_method) framing_ = Framing::kNone;
}

std::string H1Refusal(int status) {
  H1Response response({.keep_alive = false});
  response.Start(
      {.status = status, .headers = {{"content-type", "application/json"}}});
  response.Write(RefusalBody(status));
  response.End();
  std::string out;
  response.Serialize(out);
  return out;
}

}  // namespace crm::gateway
