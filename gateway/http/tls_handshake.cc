#include "gateway/http/tls_handshake.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

bool WouldBlock(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

absl::Status Lost() {
  return Unavailable("CONNECTION_LOST",
                     "The connection broke during the TLS handshake.");
}

}  // namespace

TlsHandshake::TlsHandshake(EventLoop& loop, int fd,
                           std::unique_ptr<TlsSession> session, Done done)
    : loop_(loop),
      fd_(fd),
      session_(std::move(session)),
      done_(std::move(done)),
      watch_(loop.Watch(
          fd, [this] { OnReadable(); }, [this] { Step(); })),
      start_(loop.After(absl::ZeroDuration(), [this] { Step(); })) {}

void TlsHandshake::OnReadable() {
  const absl::Span<char> buffer = loop_.read_buffer();
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got == 0 || (got < 0 && !WouldBlock(errno))) return Finish(Lost());
  if (got > 0) {
    session_->Feed(absl::string_view(buffer.data(), static_cast<size_t>(got)));
  }
  Step();
}

void TlsHandshake::Step() {
  if (!agreed_) {
    const absl::StatusOr<bool> agreed = session_->Handshake();
    session_->TakeOutput(output_);
    if (!agreed.ok()) {
      // The peer is told why, if the socket takes it at once.
      Send();
      return Finish(agreed.status());
    }
    agreed_ = *agreed;
  }
  if (!Send()) return Finish(Lost());
  if (!output_.empty()) {
    watch_.WaitWritable();
  } else if (agreed_) {
    Finish(absl::OkStatus());
  } else {
    watch_.WaitReadable();
  }
}

bool TlsHandshake::Send() {
  while (!output_.empty()) {
    const ssize_t sent =
        send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0) return WouldBlock(errno);
    output_.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

void TlsHandshake::Finish(absl::Status status) {
  watch_ = FdWatch();
  // Moved out first: the function may destroy this.
  Done done = std::move(done_);
  if (!status.ok()) return done(std::move(status));
  done(std::move(session_));
}

}  // namespace crm::gateway
