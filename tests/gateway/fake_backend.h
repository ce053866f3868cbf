// A service behind the gateway that says what the test wants: gRPC by hand on
// the gateway's own transport, without gRPC's library.

#ifndef CRM_TESTS_GATEWAY_FAKE_BACKEND_H_
#define CRM_TESTS_GATEWAY_FAKE_BACKEND_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/http/http_server.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {

// What the backend got.
struct BackendCall {
  RequestHead head;
  std::vector<std::string> messages;
};

// What it answers.
struct BackendReply {
  Headers metadata;
  std::vector<std::string> messages;
  absl::Status status;
  Headers trailers;
  // Leaves the call open after the messages.
  bool hang = false;
};

// Answers by gRPC path; UNIMPLEMENTED for others. Thread-safe.
class FakeBackend {
 public:
  using Handler = std::function<BackendReply(const BackendCall&)>;

  FakeBackend();
  ~FakeBackend();

  void Handle(const std::string& path, Handler handler);

  std::string address() const;
  // The calls so far to `path`.
  std::vector<BackendCall> Calls(const std::string& path) const;
  // Returns whether so many calls were broken off by the caller, soon.
  bool SawResets(int count);

 private:
  class Exchange;

  BackendReply Answer(const BackendCall& call);

  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::vector<BackendCall> calls_;
  int resets_ = 0;
  uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
  LoopThread thread_;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_FAKE_BACKEND_H_
