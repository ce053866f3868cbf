// Non-blocking TCP sockets by their file descriptors: addresses, listening,
// accepting, connecting.

#ifndef CRM_GATEWAY_HTTP_SOCKET_H_
#define CRM_GATEWAY_HTTP_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm::gateway {

// A file descriptor that is closed when its owner is gone; -1 is none.
// Thread-compatible.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { Close(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// An IPv4 or IPv6 address with a port.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;
};

// Parses a numeric address such as `127.0.0.1:8080` or `[::1]:0`. Returns
// INVALID_ARGUMENT with reason ADDRESS_INVALID for anything else.
absl::StatusOr<SocketAddress> ParseAddress(absl::string_view text);

// Returns `127.0.0.1:8080` or `[::1]:8080`.
std::string FormatAddress(const SocketAddress& address);

// Returns a listening socket. Returns UNAVAILABLE with reason LISTEN_FAILED
// when the address is taken or not ours.
absl::StatusOr<UniqueFd> ListenTcp(const SocketAddress& address);

// Returns the port that a socket is bound to.
uint16_t LocalPort(int fd);

// Takes one waiting connection, tuned for clients; `peer` is filled in. Returns
// an invalid descriptor with errno set when there is none.
UniqueFd AcceptTcp(int listener, SocketAddress& peer);

// Begins to connect; the descriptor is writable when that has succeeded or
// failed, which ConnectResult() tells. Returns UNAVAILABLE with reason
// UPSTREAM_UNREACHABLE when it fails at once.
absl::StatusOr<UniqueFd> StartConnectTcp(const SocketAddress& address);

// Returns OK when a connect that was begun has succeeded, UNAVAILABLE with
// reason UPSTREAM_UNREACHABLE when it has failed.
absl::Status ConnectResult(int fd);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_SOCKET_H_
