// Reads one HTTP/1.1 request from bytes as they arrive.

#ifndef CRM_GATEWAY_HTTP_H1_PARSER_H_
#define CRM_GATEWAY_HTTP_H1_PARSER_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// A parser of one request, over Boost.Beast. Thread-compatible.
class H1Parser {
 public:
  // What has become of the bytes that were given.
  enum class Result {
    kNeedMore,      // All is well; more must come.
    kComplete,      // The request is whole.
    kMalformed,     // It is no HTTP.
    kBodyTooLarge,  // The body is larger than allowed.
  };

  // `on_body` hears each piece of the body, with its chunked coding removed.
  H1Parser(size_t max_body_bytes,
           std::function<void(absl::string_view)> on_body);
  H1Parser(const H1Parser&) = delete;
  H1Parser& operator=(const H1Parser&) = delete;
  ~H1Parser();

  // Parses a head that CheckH1Head() has passed, up to and with its empty line.
  Result ParseHead(absl::string_view head);

  // Parses more of the body and sets `taken` to how many bytes that used. Bytes
  // not taken must be given again with what follows them.
  Result ParseBody(absl::string_view bytes, size_t& taken);

  // The head, once ParseHead() has succeeded.
  RequestHead TakeHead();
  bool keep_alive() const;
  bool http11() const;
  bool expects_continue() const;

 private:
  class Beast;

  std::unique_ptr<Beast> beast_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H1_PARSER_H_
