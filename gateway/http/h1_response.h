// Frames one HTTP/1.1 response: head, body by length or in chunks, end.

#ifndef CRM_GATEWAY_HTTP_H1_RESPONSE_H_
#define CRM_GATEWAY_HTTP_H1_RESPONSE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// Collects what is written and serialises it in one piece. The framing is
// decided at the first Serialize(): a response that has ended by then gets its
// length, another one is chunked, or ends with the connection for a client that
// knows no chunks. Thread-compatible.
class H1Response {
 public:
  // What of the request decides how its response is framed.
  struct Request {
    bool head_method = false;  // HEAD
    bool keep_alive = true;
    bool http11 = true;
  };

  explicit H1Response(const Request& request) : request_(request) {}

  void Start(ResponseHead head);
  void Write(absl::string_view bytes);
  void End();

  // The connection closes after this response, and says so when the head has
  // not been serialised.
  void ForbidKeepAlive() { request_.keep_alive = false; }

  // Appends what has been written since the last call to `out`.
  void Serialize(std::string& out);

  bool started() const { return head_.has_value() || head_sent_; }
  bool ended() const { return ended_; }
  size_t buffered() const { return body_.size(); }
  // Whether the connection can be used again after this response.
  bool keep_alive() const { return request_.keep_alive; }

 private:
  enum class Framing { kNone, kLength, kChunks, kClose };

  void SerializeHead(std::string& out);

  Request request_;
  std::optional<ResponseHead> head_;
  std::string body_;  // Written and not serialised.
  Framing framing_ = Framing::kLength;
  uint64_t remaining_ = 0;  // Of a declared length.
  bool head_sent_ = false;
  bool ended_ = false;
};

// Returns a whole response that refuses a request and closes the connection.
std::string H1Refusal(int status);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H1_RESPONSE_H_
