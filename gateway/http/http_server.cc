#include "gateway/http/http_server.h"

#include <cerrno>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "gateway/http/h1_session.h"
#include "gateway/http/h2_server_session.h"
#include "gateway/http/server_connection.h"
#include "gateway/http/socket.h"
#include "gateway/http/tcp_stream.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

// What a client that knows the server to speak HTTP/2 sends first; no HTTP/1.1
// request begins like it. The whole preface is 24 bytes, checked by nghttp2.
constexpr absl::string_view kH2Preface = "PRI * HTTP/2.0";

// The pause after an accept that failed for want of something, as descriptors.
constexpr absl::Duration kAcceptBackoff = absl::Milliseconds(100);

// Connections taken before the others on the loop get their turn.
constexpr int kAcceptsPerTurn = 64;

}  // namespace

// Accepts, tells the protocols apart, and owns the connections.
class HttpServer::Listener {
 public:
  Listener(EventLoop& loop, HttpLimits limits, ExchangeFactory factory)
      : loop_(loop), limits_(limits), factory_(std::move(factory)) {}

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
      return entry.second.sniffer != nullptr;
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
  class Sniffer;
  struct Entry {
    // One of the two.
    std::unique_ptr<Sniffer> sniffer;
    std::unique_ptr<ServerConnection> connection;
  };

  void Accept();
  void Become(uint64_t id, bool http2);
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

// A new connection until its first bytes say what it speaks. It reads as few
// bytes as it needs; the session gets the descriptor and what was read.
class HttpServer::Listener::Sniffer {
 public:
  Sniffer(Listener& listener, uint64_t id, UniqueFd fd, std::string peer)
      : listener_(listener),
        id_(id),
        fd_(std::move(fd)),
        peer_(std::move(peer)),
        watch_(listener.loop_.Watch(
            fd_.get(), [this] { Read(); }, [] {})),
        timer_(listener.loop_.After(listener.limits_.header_timeout,
                                    [&listener, id] { listener.Remove(id); })) {
    watch_.WaitReadable();
  }

  ServerConnectionInput Release(absl::AnyInvocable<void()> on_closed) {
    watch_ = FdWatch();
    timer_.Cancel();
    return {.loop = listener_.loop_,
            .limits = listener_.limits_,
            .factory = listener_.factory_,
            .fd = std::move(fd_),
            .peer = std::move(peer_),
            .first_bytes = std::move(bytes_),
            .on_closed = std::move(on_closed)};
  }

 private:
  void Read() {
    char buffer[kH2Preface.size()];
    const ssize_t got =
        recv(fd_.get(), buffer, kH2Preface.size() - bytes_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      watch_.WaitReadable();
    } else if (got <= 0) {
      listener_.Remove(id_);
    } else {
      bytes_.append(buffer, static_cast<size_t>(got));
      if (bytes_ == kH2Preface) {
        listener_.Become(id_, /*http2=*/true);
      } else if (!absl::StartsWith(kH2Preface, bytes_)) {
        listener_.Become(id_, /*http2=*/false);
      } else {
        watch_.WaitReadable();
      }
    }
  }

  Listener& listener_;
  const uint64_t id_;
  UniqueFd fd_;
  std::string peer_;
  std::string bytes_;
  FdWatch watch_;
  Timer timer_;
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
    connections_[id].sniffer = std::make_unique<Sniffer>(
        *this, id, std::move(fd), FormatAddress(peer));
  }
  watch_.WaitReadable();
}

void HttpServer::Listener::Become(uint64_t id, bool http2) {
  Entry& entry = connections_[id];
  // The sniffer is calling; it goes when it has returned.
  std::unique_ptr<Sniffer> sniffer = std::move(entry.sniffer);
  ServerConnectionInput input = sniffer->Release(
      [this, id] { loop_.Post(Guarded([this, id] { Remove(id); })); });
  if (http2) {
    entry.connection = std::make_unique<H2ServerSession>(std::move(input));
  } else {
    entry.connection = std::make_unique<H1Session>(std::move(input));
  }
  loop_.Post([gone = std::move(sniffer)] {});
}

void HttpServer::Listener::Remove(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Entry entry = std::move(found->second);
  connections_.erase(found);
  if (entry.sniffer != nullptr) {
    // It may be calling.
    loop_.Post([gone = std::move(entry.sniffer)] {});
  }
  if (connections_.empty() && done_ != nullptr) FinishStop();
}

void HttpServer::Listener::FinishStop() {
  deadline_.Cancel();
  if (auto done = std::exchange(done_, nullptr)) done();
}

HttpServer::HttpServer(EventLoop& loop, HttpLimits limits,
                       ExchangeFactory factory)
    : listener_(std::make_unique<Listener>(loop, limits, std::move(factory))) {}

HttpServer::~HttpServer() = default;

absl::StatusOr<uint16_t> HttpServer::Listen(absl::string_view address) {
  return listener_->Listen(address);
}

void HttpServer::Stop(absl::Duration drain, absl::AnyInvocable<void()> done) {
  listener_->Stop(drain, std::move(done));
}

size_t HttpServer::connections() const { return listener_->connections(); }

}  // namespace crm::gateway
