#include "gateway/http/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

constexpr int kListenBacklog = 1024;

// Unacknowledged bytes end a connection after this long, so that a peer that
// vanished without a word frees what it holds.
constexpr int kUserTimeoutMilliseconds = 60'000;
constexpr int kKeepAliveIdleSeconds = 60;

void SetOption(int fd, int level, int option, int value) {
  // Tuning only: a socket works without it, so a failure is not an error.
  (void)setsockopt(fd, level, option, &value, sizeof(value));
}

void Tune(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
}

const sockaddr* Raw(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

absl::Status Unreachable(int error) {
  return Unavailable("UPSTREAM_UNREACHABLE",
                     absl::StrCat("A backend does not accept connections (",
                                  std::strerror(error), "). Try again."));
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::StatusOr<SocketAddress> ParseAddress(absl::string_view text) {
  const absl::Status invalid = InvalidArgument(
      "ADDRESS_INVALID",
      absl::StrCat("'", text,
                   "' is no address. Write it as '127.0.0.1:8080' or "
                   "'[::1]:8080'."));
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) {
    return invalid;
  }
  absl::string_view host = text.substr(0, colon);
  SocketAddress address;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    address.length = sizeof(sockaddr_in6);
    const std::string digits(host.substr(1, host.size() - 2));
    if (inet_pton(AF_INET6, digits.c_str(), &v6->sin6_addr) != 1) {
      return invalid;
    }
    return address;
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(static_cast<uint16_t>(port));
  address.length = sizeof(sockaddr_in);
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4->sin_addr) != 1) {
    return invalid;
  }
  return address;
}

std::string FormatAddress(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return absl::StrCat("[", text, "]:", ntohs(v6->sin6_port));
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
  inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
  return absl::StrCat(text, ":", ntohs(v4->sin_port));
}

absl::StatusOr<UniqueFd> ListenTcp(const SocketAddress& address) {
  UniqueFd fd(socket(address.storage.ss_family,
                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.valid()) SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (!fd.valid() || bind(fd.get(), Raw(address), address.length) != 0 ||
      listen(fd.get(), kListenBacklog) != 0) {
    return Unavailable(
        "LISTEN_FAILED",
        absl::StrCat("Cannot listen at '", FormatAddress(address),
                     "': ", std::strerror(errno), "."));
  }
  return fd;
}

uint16_t LocalPort(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage),
                  &address.length) != 0) {
    return 0;
  }
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(
        reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return ntohs(
      reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

UniqueFd AcceptTcp(int listener, SocketAddress& peer) {
  peer.length = sizeof(peer.storage);
  UniqueFd fd(accept4(listener, reinterpret_cast<sockaddr*>(&peer.storage),
                      &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) Tune(fd.get());
  return fd;
}

absl::StatusOr<UniqueFd> StartConnectTcp(const SocketAddress& address) {
  UniqueFd fd(socket(address.storage.ss_family,
                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Unreachable(errno);
  Tune(fd.get());
  if (connect(fd.get(), Raw(address), address.length) != 0 &&
      errno != EINPROGRESS) {
    return Unreachable(errno);
  }
  return fd;
}

absl::Status ConnectResult(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : Unreachable(error);
}

}  // namespace crm::gateway
