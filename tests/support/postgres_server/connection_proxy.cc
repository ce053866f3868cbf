#include "tests/support/postgres_server/connection_proxy.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "tests/support/postgres_server/server_process.h"

namespace crm::testing {
namespace {

// How long a wait lasts before the flags are looked at again.
constexpr int kPollMs = 10;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) Die("the socket's path is long");
  path.copy(address.sun_path, path.size());
  return address;
}

bool SendAll(int to, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Returns what there is to read; empty at the end.
std::string Receive(int from) {
  std::array<char, 1 << 16> buffer;
  const ssize_t size = recv(from, buffer.data(), buffer.size(), 0);
  return std::string(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
}

}  // namespace

ConnectionProxy::ConnectionProxy(std::string server_socket)
    : server_socket_(std::move(server_socket)) {
  std::string folder =
      (std::filesystem::temp_directory_path() / "crm-proxy-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no temporary folder");
  folder_ = folder;
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(folder_ + "/.s.PGSQL.5432");
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(listener_, 64) != 0) {
    Die("the proxy cannot listen");
  }
  acceptor_ = std::thread([this] { Accept(); });
}

ConnectionProxy::~ConnectionProxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ConnectionProxy::Accept() {
  while (!stopping_) {
    pollfd wait = {.fd = listener_, .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, kPollMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void ConnectionProxy::Serve(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(server_socket_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)) == 0;
  bool cut_after = false;
  bool client_spoke = false;
  while (open && !stopping_) {
    std::array<pollfd, 2> wait = {
        pollfd{.fd = client, .events = POLLIN, .revents = 0},
        pollfd{.fd = server, .events = POLLIN, .revents = 0}};
    if (held_) wait[1].fd = -1;
    if (poll(wait.data(), wait.size(), kPollMs) <= 0) continue;
    if (wait[0].revents != 0) {
      const std::string bytes = Receive(client);
      if (absl::StrContains(bytes, "COMMIT")) {
        const Cut cut = cut_.exchange(Cut::kNever);
        if (cut == Cut::kBeforeIt) break;
        cut_after = cut_after || cut == Cut::kAfterIt;
      }
      client_spoke = true;
      open = !bytes.empty() && SendAll(server, bytes);
    }
    if (open && wait[1].revents != 0) {
      const std::string bytes = Receive(server);
      if (cut_after && absl::StrContains(bytes, "COMMIT")) break;
      if (std::exchange(client_spoke, false)) ++round_trips_;
      open = !bytes.empty() && SendAll(client, bytes);
    }
  }
  close(client);
  close(server);
}

}  // namespace crm::testing
