// A blocking TCP peer that sends and reads bytes as they are.

#ifndef CRM_TESTS_GATEWAY_HTTP_RAW_CLIENT_H_
#define CRM_TESTS_GATEWAY_HTTP_RAW_CLIENT_H_

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gateway/http/socket.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {

// Thread-compatible.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience = {.tv_sec = kPatience.count(), .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address),
                         sizeof(address)) == 0;
  }

  // Takes over the next connection of a listening socket.
  explicit RawClient(const UniqueFd& listener) {
    pollfd waiting = {.fd = listener.get(), .events = POLLIN, .revents = 0};
    poll(&waiting, 1, static_cast<int>(kPatience.count()) * 1000);
    fd_ = UniqueFd(accept(listener.get(), nullptr, nullptr));
    connected_ = fd_.valid();
  }

  bool connected() const { return connected_; }

  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // Reads until what was read ends with `end` and returns it, or what came
  // before the connection closed.
  std::string ReadTo(absl::string_view end) {
    std::string read;
    char c = 0;
    while (!absl::EndsWith(read, end) && recv(fd_.get(), &c, 1, 0) == 1) {
      read += c;
    }
    return read;
  }

  // Reads until the server closes; `closed` is false when it did not in time.
  std::string ReadAll(bool& closed) {
    std::string read;
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(fd_.get(), buffer, sizeof(buffer), 0);
      closed = got == 0;
      if (got <= 0) return read;
      read.append(buffer, static_cast<size_t>(got));
    }
  }

  // Ends the connection with a reset instead of an orderly close.
  void Break() {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fd_.Close();
  }

 private:
  UniqueFd fd_;
  bool connected_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_RAW_CLIENT_H_
