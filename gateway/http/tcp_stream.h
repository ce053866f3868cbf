// One TCP connection, plain or under TLS, as bytes in and bytes out, without a
// thread and without a protocol.

#ifndef CRM_GATEWAY_HTTP_TCP_STREAM_H_
#define CRM_GATEWAY_HTTP_TCP_STREAM_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/socket.h"
#include "gateway/http/tls_session.h"

namespace crm::gateway {

// Reads whenever there is something to read, unless paused; writes at once what
// the socket takes and keeps the rest. Loop thread only. Must not be destroyed
// while a function of its handler runs: post the destruction.
class TcpStream {
 public:
  // Hears what happens to the connection.
  class Handler {
   public:
    virtual ~Handler() = default;

    // Bytes that arrived; they are valid during the call.
    virtual void OnBytes(absl::string_view bytes) = 0;
    // pending() has become 0.
    virtual void OnDrained() = 0;
    // The connection is over: the peer closed it (OK) or it broke (UNAVAILABLE,
    // reason CONNECTION_LOST). The last call; comes at most once.
    virtual void OnClosed(absl::Status why) = 0;
  };

  // Calls nothing before Start(); `handler` must outlive the stream.
  // With `tls`, whose handshake is done, the bytes of both directions go
  // through it.
  TcpStream(EventLoop& loop, UniqueFd fd, Handler& handler,
            std::unique_ptr<TlsSession> tls = nullptr);
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  void Start();
  void PauseReading();
  void ResumeReading();

  // Sends what the socket takes and buffers the rest; drops it when the
  // connection is over. Never calls the handler.
  void Write(absl::string_view bytes);

  // Bytes that wait for the socket, as they are sent.
  size_t pending() const { return pending_.size() - pending_sent_; }

  // Sends what is pending, closes our side, and drops what still arrives until
  // the peer closes too or a second has passed; so the peer reads all that was
  // sent, even when it was sending itself. Then OnClosed(OK).
  void Finish();

  // Breaks the connection now; OnClosed() follows from the loop.
  void Abort();

 private:
  void OnReadable();
  // Takes what came from the socket.
  void Receive(absl::string_view bytes);
  // Passes on what the TLS session has got.
  void Deliver();
  // Sends bytes as they are.
  void Send(absl::string_view bytes);
  void SendTlsOutput();
  void OnWritable();
  void ShutDown();
  void Close(absl::Status why);
  // Ends the connection from a function that may not call the handler.
  void CloseSoon();

  EventLoop& loop_;
  Handler& handler_;
  UniqueFd fd_;
  const std::unique_ptr<TlsSession> tls_;
  FdWatch watch_;
  Timer deliver_timer_;
  Timer linger_timer_;
  std::string pending_;
  size_t pending_sent_ = 0;
  size_t discarded_ = 0;
  bool reading_ = true;
  bool finishing_ = false;
  bool broken_ = false;
  bool closed_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TCP_STREAM_H_
