#include "gateway/http/tcp_stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// Reads of one connection before the others get their turn.
constexpr int kReadsPerTurn = 4;

// How long, and for how many bytes, a finished connection waits for its peer.
constexpr absl::Duration kLingerTime = absl::Seconds(1);
constexpr size_t kLingerBytes = 8 * 1024 * 1024;

absl::Status ConnectionLost() {
  return Unavailable("CONNECTION_LOST", "The connection broke. Try again.");
}

}  // namespace

TcpStream::TcpStream(EventLoop& loop, UniqueFd fd, Handler& handler,
                     std::unique_ptr<TlsSession> tls)
    : loop_(loop),
      handler_(handler),
      fd_(std::move(fd)),
      tls_(std::move(tls)),
      watch_(loop.Watch(
          fd_.get(), [this] { OnReadable(); }, [this] { OnWritable(); })) {}

void TcpStream::Start() {
  watch_.WaitReadable();
  // The handshake may have read further than its own end.
  if (tls_ != nullptr) {
    deliver_timer_ = loop_.After(absl::ZeroDuration(), [this] { Deliver(); });
  }
}

void TcpStream::PauseReading() { reading_ = false; }

void TcpStream::ResumeReading() {
  if (reading_ || closed_) return;
  reading_ = true;
  Start();
}

void TcpStream::Write(absl::string_view bytes) {
  if (closed_ || broken_ || finishing_) return;
  if (tls_ == nullptr) return Send(bytes);
  std::string sealed;
  if (!tls_->Encrypt(bytes, sealed).ok()) return CloseSoon();
  Send(sealed);
}

void TcpStream::SendTlsOutput() {
  std::string output;
  tls_->TakeOutput(output);
  if (!output.empty()) Send(output);
}

void TcpStream::Send(absl::string_view bytes) {
  if (pending() == 0) {
    while (!bytes.empty()) {
      const ssize_t sent =
          send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      } else if (errno != EINTR) {
        CloseSoon();
        return;
      }
    }
    if (bytes.empty()) return;
    pending_.clear();
    pending_sent_ = 0;
    watch_.WaitWritable();
  }
  pending_.append(bytes.data(), bytes.size());
}

void TcpStream::Finish() {
  if (finishing_ || closed_) return;
  if (tls_ != nullptr && !broken_) {
    tls_->Close();
    SendTlsOutput();
  }
  finishing_ = true;
  reading_ = true;
  if (pending() == 0) ShutDown();
  watch_.WaitReadable();
}

void TcpStream::Abort() {
  if (!closed_) CloseSoon();
}

void TcpStream::OnReadable() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (closed_) return;
    if (broken_) return Close(ConnectionLost());
    if (!reading_) return;
    const absl::Span<char> buffer = loop_.read_buffer();
    const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return Close(absl::OkStatus());
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return Close(ConnectionLost());
    }
    const size_t bytes = static_cast<size_t>(got);
    if (finishing_) {
      discarded_ += bytes;
      if (discarded_ > kLingerBytes) return Close(absl::OkStatus());
      continue;
    }
    Receive(absl::string_view(buffer.data(), bytes));
    if (bytes < buffer.size()) break;
  }
  if (closed_) return;
  if (reading_ || broken_) watch_.WaitReadable();
}

void TcpStream::Receive(absl::string_view bytes) {
  if (tls_ == nullptr) return handler_.OnBytes(bytes);
  tls_->Feed(bytes);
  Deliver();
}

void TcpStream::Deliver() {
  while (!closed_ && !broken_ && !finishing_ && reading_) {
    // What came from the socket was copied, so its buffer is free.
    const absl::Span<char> buffer = loop_.read_buffer();
    const absl::StatusOr<size_t> got = tls_->Decrypt(buffer);
    SendTlsOutput();
    if (!got.ok()) return Close(ConnectionLost());
    if (*got == 0) {
      if (tls_->ended()) Close(absl::OkStatus());
      return;
    }
    handler_.OnBytes(absl::string_view(buffer.data(), *got));
  }
}

void TcpStream::OnWritable() {
  if (closed_ || broken_ || pending() == 0) return;
  const ssize_t sent =
      send(fd_.get(), pending_.data() + pending_sent_, pending(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    CloseSoon();
    return;
  }
  if (sent > 0) pending_sent_ += static_cast<size_t>(sent);
  if (pending() > 0) {
    watch_.WaitWritable();
    return;
  }
  // An idle connection keeps no buffer.
  std::string().swap(pending_);
  pending_sent_ = 0;
  if (finishing_) {
    ShutDown();
  } else {
    handler_.OnDrained();
  }
}

void TcpStream::ShutDown() {
  (void)shutdown(fd_.get(), SHUT_WR);
  linger_timer_ = loop_.After(kLingerTime, [this] { Close(absl::OkStatus()); });
}

void TcpStream::Close(absl::Status why) {
  if (closed_) return;
  closed_ = true;
  linger_timer_.Cancel();
  deliver_timer_.Cancel();
  watch_ = FdWatch();
  fd_.Close();
  handler_.OnClosed(std::move(why));
}

void TcpStream::CloseSoon() {
  broken_ = true;
  std::string().swap(pending_);
  pending_sent_ = 0;
  // A descriptor that is shut down is readable, which calls OnReadable().
  (void)shutdown(fd_.get(), SHUT_RDWR);
  watch_.WaitReadable();
}

}  // namespace crm::gateway
