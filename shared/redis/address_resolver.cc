#include "shared/redis/address_resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

namespace crm {
namespace {

bool IsLiteral(const std::string& host) {
  in6_addr buffer;
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

// Returns the first address of `host` as text, or "" if it has none. Blocks.
std::string Resolve(const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &raw) != 0) return "";
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw,
                                                                 &freeaddrinfo);
  char text[NI_MAXHOST];
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text),
                  nullptr, 0, NI_NUMERICHOST) != 0) {
    return "";
  }
  return text;
}

}  // namespace

AddressResolver::AddressResolver(absl::string_view host) : host_(host) {
  if (IsLiteral(host_)) {
    address_ = host_;
    return;
  }
  address_ = Resolve(host_);
  thread_ = std::thread([this] { Loop(); });
}

AddressResolver::~AddressResolver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string AddressResolver::address() const {
  std::lock_guard lock(mutex_);
  return address_;
}

void AddressResolver::Refresh() {
  {
    std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_all();
}

void AddressResolver::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    std::string found = Resolve(host_);
    lock.lock();
    // An address that worked once is kept while the name service is away.
    if (!found.empty()) address_ = std::move(found);
  }
}

}  // namespace crm
