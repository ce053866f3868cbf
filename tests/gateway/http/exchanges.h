// Exchanges and a listener for the transport's tests: an application that
// answers by path, a proxy, and what a caller hears.

#ifndef CRM_TESTS_GATEWAY_HTTP_EXCHANGES_H_
#define CRM_TESTS_GATEWAY_HTTP_EXCHANGES_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// What an application has seen. Loop thread only.
struct AppLog {
  std::vector<RequestHead> heads;
  int open = 0;
  int max_open = 0;
  int ended = 0;
  int resets = 0;
  size_t received = 0;
  size_t max_buffered = 0;
  // The answers of /hold wait here until they are called.
  std::vector<std::function<void()>> held;
};

// Answers by path:
//   /echo          the body, with the trailers of kEchoTrailers
//   /head-only     204 without a body
//   /produce/<n>   n bytes, as fast as the reader takes them
//   /count         the number of bytes of the body
//   /deaf          takes nothing of the body
//   /hold          200 when the test says so
//   /reset         broken off at once
//   /first         answers "first" before it has read the request
ExchangeFactory TestApp(AppLog& log);

inline const Headers kEchoTrailers = {{"x-status", "0"}};

// Passes requests on to `upstream`, and answers 503 when that fails before the
// head, a reset later.
ExchangeFactory TestProxy(Upstream& upstream, AppLog& log);

// Remembers a response. Loop thread only.
class Recorder final : public UpstreamListener {
 public:
  void OnHead(ResponseHead head) override { head_ = std::move(head); }
  void OnData(absl::string_view chunk) override;
  void OnEnd(Headers trailers) override;
  void OnError(absl::Status status) override;
  void OnWritable() override;

  // Opens a GET-like request without a body, or one with `body`.
  void Get(Upstream& upstream, const std::string& path);
  void Post(Upstream& upstream, const std::string& path, std::string body);
  // Sends `size` bytes, no faster than the backend takes them.
  void Pour(Upstream& upstream, const std::string& path, size_t size);

  bool done() const { return ended_ || failed_; }

  std::unique_ptr<UpstreamStream> stream_;
  ResponseHead head_ = {.status = 0};
  std::string body_;
  size_t received_ = 0;
  Headers trailers_;
  absl::Status error_;
  bool ended_ = false;
  bool failed_ = false;
  // Whether credit is returned as data arrives.
  bool consume_ = true;
  size_t max_buffered_ = 0;
  size_t to_pour_ = 0;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_EXCHANGES_H_
