#include "shared/rpc/accept_loop.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr int kBacklog = 512;
constexpr int kFirstBackOffMs = 10;
constexpr int kMaxBackOffMs = 1000;
// How often the thread comes by when nobody connects.
constexpr int kTickMs = 5000;
constexpr absl::Duration kCloseStep = absl::Milliseconds(2);

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

absl::StatusOr<Addresses> Resolve(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon + 1 == address.size()) {
    return InvalidArgument("ADDRESS_INVALID",
                           absl::StrCat("The address '", address,
                                        "' is not of the form host:port."));
  }
  std::string host(address.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::string port(address.substr(colon + 1));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                port.c_str(), &hints, &found);
  if (error != 0) {
    return InvalidArgument(
        "ADDRESS_INVALID",
        absl::StrCat("The address '", address,
                     "' is not valid: ", gai_strerror(error), "."));
  }
  return Addresses(found);
}

int BoundPort(int listener) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return 0;
  }
  const in_port_t port =
      bound.ss_family == AF_INET6
          ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
          : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port;
  return ntohs(port);
}

// Returns the inode of the socket behind `fd`, or 0 if there is none.
ino_t InodeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

// Lets nothing more come in on the socket `inode`, if `fd` still is it.
void EndReading(int fd, ino_t inode) {
  // By a descriptor of our own, which cannot come to mean another file.
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return;
  if (InodeOf(own) == inode) shutdown(own, SHUT_RD);
  close(own);
}

bool IsOutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AcceptLoop>> AcceptLoop::Listen(
    absl::string_view address, size_t max_connections) {
  auto resolved = Resolve(address);
  if (!resolved.ok()) return resolved.status();
  const addrinfo& target = **resolved;

  const int listener =
      socket(target.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const int on = 1;
  // SO_REUSEADDR lets a restart take the port of connections that linger; two
  // listeners still cannot share it.
  if (listener < 0 || wake < 0 ||
      setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(listener, target.ai_addr, target.ai_addrlen) != 0 ||
      listen(listener, kBacklog) != 0) {
    const std::string reason = std::strerror(errno);
    if (listener >= 0) close(listener);
    if (wake >= 0) close(wake);
    return Unavailable(
        "LISTEN_FAILED",
        absl::StrCat("Cannot listen on '", address, "': ", reason, "."));
  }
  return std::unique_ptr<AcceptLoop>(
      new AcceptLoop(listener, wake, BoundPort(listener), max_connections));
}

AcceptLoop::AcceptLoop(int listener, int wake, int port, size_t max_connections)
    : listener_(listener),
      wake_(wake),
      port_(port),
      max_connections_(max_connections) {}

AcceptLoop::~AcceptLoop() {
  Stop();
  close(wake_);
}

void AcceptLoop::Run(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  thread_ = std::thread([this] { Accept(); });
}

void AcceptLoop::Stop() {
  if (stopped_.exchange(true)) return;
  eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  tick_ = 0;
  close(listener_);
}

bool AcceptLoop::EndConnections(absl::Duration patience) {
  const absl::Duration end = clock_.Monotonic() + patience;
  for (DropClosed(); !connections_.empty(); DropClosed()) {
    if (clock_.Monotonic() >= end) return false;
    // Again and again: whoever reads sees the end only when it is told of
    // something and finds nothing there, and a busy client leaves much there.
    for (const auto& [fd, inode] : connections_) EndReading(fd, inode);
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(kCloseStep));
  }
  return true;
}

absl::Duration AcceptLoop::Stall() const {
  const int64_t tick = tick_;
  if (tick == 0) return absl::ZeroDuration();
  return clock_.Monotonic() - absl::Nanoseconds(tick);
}

bool AcceptLoop::Wait(bool for_connection, int timeout_ms) {
  pollfd watched[] = {{.fd = wake_, .events = POLLIN, .revents = 0},
                      {.fd = listener_, .events = POLLIN, .revents = 0}};
  tick_ = absl::ToInt64Nanoseconds(clock_.Monotonic());
  poll(watched, for_connection ? 2 : 1, timeout_ms);
  return !stopped_;
}

void AcceptLoop::Accept() {
  int back_off_ms = kFirstBackOffMs;
  while (Wait(/*for_connection=*/true, kTickMs)) {
    if (AcceptOne()) {
      back_off_ms = kFirstBackOffMs;
      continue;
    }
    // The listener stays readable while descriptors are missing, so waiting for
    // it would spin.
    ++exhausted_count_;
    if (!Wait(/*for_connection=*/false, back_off_ms)) return;
    back_off_ms = std::min(back_off_ms * 2, kMaxBackOffMs);
  }
}

bool AcceptLoop::AcceptOne() {
  const int fd =
      accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  // Nobody may have connected.
  if (fd < 0) return !IsOutOfResources(errno);
  if (!HasRoom()) {
    ++refused_count_;
    close(fd);
    return true;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connections_[fd] = InodeOf(fd);
  on_connection_(fd);
  return true;
}

bool AcceptLoop::HasRoom() {
  if (connections_.size() < max_connections_) return true;
  DropClosed();
  return connections_.size() < max_connections_;
}

void AcceptLoop::DropClosed() {
  std::erase_if(connections_, [](const auto& connection) {
    return InodeOf(connection.first) != connection.second;
  });
}

}  // namespace crm
