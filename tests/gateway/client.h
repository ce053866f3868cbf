// A client of the gateway for tests: REST and gRPC over one HTTP/2 connection.

#ifndef CRM_TESTS_GATEWAY_CLIENT_H_
#define CRM_TESTS_GATEWAY_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/http/exchange.h"
#include "gateway/http/h2_upstream.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {

// A response, as far as it has come.
struct Response {
  int status = 0;
  Headers headers;
  std::string body;
  Headers trailers;
  absl::Status error;
  bool done = false;

  std::string Header(absl::string_view name) const;
};

// What a gRPC call came to.
struct GrpcResult {
  absl::Status status;
  std::vector<std::string> messages;
  Headers headers;
  Headers trailers;
};

// Thread-compatible.
class Client {
 public:
  explicit Client(uint16_t port);
  ~Client();

  // Sends a request and waits for the whole response.
  Response Fetch(const std::string& method, const std::string& path,
                 Headers headers = {}, const std::string& body = "");

  // Sends a request, waits until `enough` of the response has come, and cancels
  // what is left.
  Response FetchUntil(const std::string& method, const std::string& path,
                      Headers headers, const std::string& body,
                      const std::function<bool(const Response&)>& enough);

  // Makes a gRPC call with the given request messages.
  GrpcResult Call(const std::string& path,
                  const std::vector<std::string>& messages,
                  Headers metadata = {});

 private:
  class Listener;

  LoopThread thread_;
  std::unique_ptr<H2Upstream> upstream_;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_CLIENT_H_
