#include "gateway/http/newcomer.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/http/tls_handshake.h"

namespace crm::gateway {
namespace {

// What a client that knows the server to speak HTTP/2 sends first; no HTTP/1.1
// request begins like it. The whole preface is 24 bytes, checked by nghttp2.
constexpr absl::string_view kH2Preface = "PRI * HTTP/2.0";

class Sniffer final : public Newcomer {
 public:
  Sniffer(EventLoop& loop, absl::Duration timeout, Arrival arrival, Done done)
      : arrival_(std::move(arrival)),
        done_(std::move(done)),
        watch_(loop.Watch(
            arrival_.fd.get(), [this] { Read(); }, [] {})),
        timer_(loop.After(timeout, [this] { Finish(std::nullopt); })) {
    watch_.WaitReadable();
  }

 private:
  void Read() {
    std::string& bytes = arrival_.first_bytes;
    char buffer[kH2Preface.size()];
    const ssize_t got =
        recv(arrival_.fd.get(), buffer, kH2Preface.size() - bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return watch_.WaitReadable();
    }
    if (got <= 0) return Finish(std::nullopt);
    bytes.append(buffer, static_cast<size_t>(got));
    arrival_.http2 = bytes == kH2Preface;
    if (arrival_.http2 || !absl::StartsWith(kH2Preface, bytes)) {
      watch_ = FdWatch();
      return Finish(std::move(arrival_));
    }
    watch_.WaitReadable();
  }

  void Finish(std::optional<Arrival> arrival) {
    watch_ = FdWatch();
    timer_.Cancel();
    std::move(done_)(std::move(arrival));
  }

  Arrival arrival_;
  Done done_;
  FdWatch watch_;
  Timer timer_;
};

class TlsNewcomer final : public Newcomer {
 public:
  TlsNewcomer(EventLoop& loop, absl::Duration timeout,
              std::unique_ptr<TlsSession> session, Arrival arrival, Done done)
      : arrival_(std::move(arrival)),
        done_(std::move(done)),
        timer_(loop.After(timeout, [this] { Finish(std::nullopt); })),
        handshake_(loop, arrival_.fd.get(), std::move(session),
                   [this](auto agreed) { OnAgreed(std::move(agreed)); }) {}

 private:
  void OnAgreed(absl::StatusOr<std::unique_ptr<TlsSession>> session) {
    if (!session.ok()) return Finish(std::nullopt);
    arrival_.tls = *std::move(session);
    arrival_.http2 = arrival_.tls->protocol() == kAlpnH2;
    Finish(std::move(arrival_));
  }

  void Finish(std::optional<Arrival> arrival) {
    timer_.Cancel();
    std::move(done_)(std::move(arrival));
  }

  Arrival arrival_;
  Done done_;
  Timer timer_;
  TlsHandshake handshake_;
};

// A connection that there is no TLS session for.
class Unserved final : public Newcomer {
 public:
  Unserved(EventLoop& loop, Done done)
      : done_(std::move(done)), timer_(loop.After(absl::ZeroDuration(), [this] {
          std::move(done_)(std::nullopt);
        })) {}

 private:
  Done done_;
  Timer timer_;
};

}  // namespace

std::unique_ptr<Newcomer> Greet(EventLoop& loop, const HttpLimits& limits,
                                TlsServer* tls, Arrival arrival,
                                Newcomer::Done done) {
  if (tls == nullptr) {
    return std::make_unique<Sniffer>(loop, limits.header_timeout,
                                     std::move(arrival), std::move(done));
  }
  absl::StatusOr<std::unique_ptr<TlsSession>> session = tls->NewSession();
  if (!session.ok()) return std::make_unique<Unserved>(loop, std::move(done));
  return std::make_unique<TlsNewcomer>(loop, limits.handshake_timeout,
                                       *std::move(session), std::move(arrival),
                                       std::move(done));
}

}  // namespace crm::gateway
