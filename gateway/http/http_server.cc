#include "gateway/http/http_server.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "gateway/http/h1_session.h"
#include "gateway/http/h2_server_session.h"
#include "gateway/http/newcomer.h"
#include "gateway/http/server_connection.h"
#include "gateway/http/socket.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

// The pause after an accept that failed for want of something, as descriptors.
constexpr absl::Duration kAcceptBackoff = absl::Milliseconds(100);

// Connections taken before the others on the loop get their turn.
constexpr int kAcceptsPerTurn = 64;

}  // namespace

// Accepts, tells the protocols apart, and owns the connections.
class HttpServer::Listener {
 public:
  Listener(EventLoop& loop, HttpLimits limits, ExchangeFactory factory,
           TlsServer* tls)
      : loop_(loop), limits_(limits), factory_(std::move(factory)), tls_(tls) {}

  absl::StatusOr<uint16_t> Listen(absl::string_view text) {
    CRM_ASSIGN_OR_RETURN(const SocketAddress address, ParseAddress(text));
    watch_ = FdWatch();
    CRM_ASSIGN_OR_RETURN(fd_, ListenTcp(address));
    watch_ = loop_.Watch(
        fd_.get(), [this] { Accept(); }, [] {});
    watch_.WaitReadable();
    return LocalPort(fd_.get());
  }

  void Stop(absl::Duration drain, absl::AnyInvocable<void()> done) {
    done_ = std::move(done);
    watch_ = FdWatch();
    retry_.Cancel();
    fd_.Close();
    absl::erase_if(connections_, [](const auto& entry) {
      return entry.second.newcomer != nullptr;
    });
    // A connection that closes is removed in a later turn of the loop.
    for (auto& [id, entry] : connections_) entry.connection->Drain();
    deadline_ = loop_.After(drain, [this] {
      connections_.clear();
      FinishStop();
    });
    if (connections_.empty()) loop_.Post(Guarded([this] { FinishStop(); }));
  }

  size_t connections() const { return connections_.size(); }

 private:
  struct Entry {
    // One of the two.
    std::unique_ptr<Newcomer> newcomer;
    std::unique_ptr<ServerConnection> connection;
  };

  void Accept();
  void Become(uint64_t id, std::optional<Arrival> arrival);
  void Remove(uint64_t id);
  void FinishStop();

  // Returns `task` so that it does nothing when this is gone by then.
  EventLoop::Task Guarded(EventLoop::Task task) {
    return [alive = std::weak_ptr<bool>(alive_),
            task = std::move(task)]() mutable {
      if (!alive.expired()) task();
    };
  }

  EventLoop& loop_;
  const HttpLimits limits_;
  const ExchangeFactory factory_;
  TlsServer* const tls_;
  UniqueFd fd_;
  FdWatch watch_;
  Timer retry_;
  Timer deadline_;
  absl::AnyInvocable<void()> done_;
  uint64_t next_id_ = 0;
  absl::flat_hash_map<uint64_t, Entry> connections_;
  // Gone with this, before the connections are.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void HttpServer::Listener::Accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    SocketAddress peer;
    UniqueFd fd = AcceptTcp(fd_.get(), peer);
    if (!fd.valid()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Most likely out of descriptors, which the connections that close give
      // back. Waiting for readability would call again at once.
      retry_ = loop_.After(kAcceptBackoff, [this] { watch_.WaitReadable(); });
      return;
    }
    if (connections_.size() >= limits_.max_connections) continue;
    const uint64_t id = next_id_++;
    connections_[id].newcomer =
        Greet(loop_, limits_, tls_,
              {.fd = std::move(fd), .peer = FormatAddress(peer)},
              [this, id](std::optional<Arrival> arrival) {
                Become(id, std::move(arrival));
              });
  }
  watch_.WaitReadable();
}

void HttpServer::Listener::Become(uint64_t id, std::optional<Arrival> arrival) {
  if (!arrival.has_value()) return Remove(id);
  Entry& entry = connections_[id];
  // It is calling, and goes when it has returned.
  loop_.Post([gone = std::move(entry.newcomer)] {});
  ServerConnectionInput input{.loop = loop_,
                              .limits = limits_,
                              .factory = factory_,
                              .fd = std::move(arrival->fd),
                              .peer = std::move(arrival->peer),
                              .first_bytes = std::move(arrival->first_bytes),
                              .tls = std::move(arrival->tls),
                              .on_closed = [this, id] {
                                loop_.Post(Guarded([this, id] { Remove(id); }));
                              }};
  if (arrival->http2) {
    entry.connection = std::make_unique<H2ServerSession>(std::move(input));
  } else {
    entry.connection = std::make_unique<H1Session>(std::move(input));
  }
}

void HttpServer::Listener::Remove(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Entry entry = std::move(found->second);
  connections_.erase(found);
  if (entry.newcomer != nullptr) {
    // It may be calling.
    loop_.Post([gone = std::move(entry.newcomer)] {});
  }
  if (connections_.empty() && done_ != nullptr) FinishStop();
}

void HttpServer::Listener::FinishStop() {
  deadline_.Cancel();
  if (auto done = std::exchange(done_, nullptr)) done();
}

HttpServer::HttpServer(EventLoop& loop, HttpLimits limits,
                       ExchangeFactory factory, TlsServer* tls)
    : listener_(
          std::make_unique<Listener>(loop, limits, std::move(factory), tls)) {}

HttpServer::~HttpServer() = default;

absl::StatusOr<uint16_t> HttpServer::Listen(absl::string_view address) {
  return listener_->Listen(address);
}

void HttpServer::Stop(absl::Duration drain, absl::AnyInvocable<void()> done) {
  listener_->Stop(drain, std::move(done));
}

size_t HttpServer::connections() const { return listener_->connections(); }

}  // namespace crm::gateway
