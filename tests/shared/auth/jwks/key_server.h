// A server of key sets on a port of its own, with and without TLS.

#ifndef CRM_TESTS_SHARED_AUTH_JWKS_KEY_SERVER_H_
#define CRM_TESTS_SHARED_AUTH_JWKS_KEY_SERVER_H_

#include <httplib.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace crm::testing {

// Answers `/keys` as `answer` says, and counts. Thread-safe after its start.
class KeyServer {
 public:
  using Answer = httplib::Server::Handler;

  explicit KeyServer(Answer answer, std::unique_ptr<httplib::Server> server =
                                        std::make_unique<httplib::Server>())
      : server_(std::move(server)) {
    server_->Get("/keys", std::move(answer));
    server_->Get("/moved",
                 [](const httplib::Request&, httplib::Response& response) {
                   response.set_redirect("/keys");
                 });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }

  ~KeyServer() {
    server_->stop();
    thread_.join();
  }

  std::string Url(const std::string& scheme = "http",
                  const std::string& path = "/keys") const {
    return absl::StrCat(scheme, "://localhost:", port_, path);
  }

 private:
  const std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_AUTH_JWKS_KEY_SERVER_H_
