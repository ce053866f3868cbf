// A server that says what it is told to, whatever it is asked.

#ifndef CRM_TESTS_SHARED_REDIS_TOLD_SERVER_H_
#define CRM_TESTS_SHARED_REDIS_TOLD_SERVER_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace crm::testing {

// Answers each connection with the same parts, parted by `|`: one for each
// thing that is asked. After the last one it says no more. Uses the thread that
// serves.
class ToldServer {
 public:
  explicit ToldServer(std::string answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, raw, size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~ToldServer() { close(listener_); }

  int port() const { return port_; }

  // Waits for one connection, answers it and waits until it is closed.
  void ServeOne() {
    const int peer = accept(listener_, nullptr, nullptr);
    // One part for each thing that is asked.
    size_t begin = 0;
    char buffer[4096];
    while (recv(peer, buffer, sizeof(buffer), 0) > 0) {
      const size_t end = answer_.find('|', begin);
      const std::string part = answer_.substr(begin, end - begin);
      (void)!send(peer, part.data(), part.size(), MSG_NOSIGNAL);
      if (end == std::string::npos) shutdown(peer, SHUT_WR);
      begin = end == std::string::npos ? answer_.size() : end + 1;
    }
    close(peer);
  }

 private:
  const std::string answer_;
  const int listener_;
  int port_ = 0;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_REDIS_TOLD_SERVER_H_
