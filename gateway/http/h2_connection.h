// One HTTP/2 connection: a socket and a libnghttp2 session, pumped by the loop.
//
// Client and server are the same machine with another role; what requests and
// responses mean is the Handler's. Only this class and its callbacks know
// nghttp2.

#ifndef CRM_GATEWAY_HTTP_H2_CONNECTION_H_
#define CRM_GATEWAY_HTTP_H2_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/http/send_queue.h"
#include "gateway/http/socket.h"
#include "gateway/http/tcp_stream.h"
#include "gateway/http/turn_task.h"

struct nghttp2_session;

namespace crm::gateway {

// The HTTP/2 error codes that are used by name (RFC 9113, section 7).
inline constexpr uint32_t kH2NoError = 0x0;
inline constexpr uint32_t kH2RefusedStream = 0x7;
inline constexpr uint32_t kH2Cancel = 0x8;
inline constexpr uint32_t kH2EnhanceYourCalm = 0xb;
inline constexpr uint32_t kH2InadequateSecurity = 0xc;

// A block of header fields. Pseudo headers come first, in `fields` as well.
struct HeaderBlock {
  Headers fields;
  size_t bytes = 0;
  // The block was larger than allowed; `fields` are incomplete.
  bool oversize = false;
};

enum class H2Role { kServer, kClient };

struct H2Options {
  H2Role role = H2Role::kServer;
  // Streams that the peer may have open.
  uint32_t max_concurrent_streams = 100;
  // Bytes that the peer may have under way on all streams together.
  int32_t connection_window = 1024 * 1024;
  size_t max_header_bytes = 16 * 1024;
  // How long a header block may be incomplete.
  absl::Duration header_timeout = absl::Seconds(10);
};

// Loop thread only. What was submitted is sent in one piece at the end of the
// loop's turn. Must not be destroyed while a function of its handler runs: post
// the destruction.
class H2Connection final : private TcpStream::Handler {
 public:
  // Hears what the peer does. All functions may submit.
  class Handler {
   public:
    virtual ~Handler() = default;

    // A head, or trailers when the stream has had its head.
    virtual void OnHeaders(int32_t stream, HeaderBlock block,
                           bool end_stream) = 0;
    virtual void OnData(int32_t stream, absl::string_view chunk) = 0;
    // The peer has ended the stream with its last data.
    virtual void OnEndStream(int32_t stream) = 0;
    // The stream is gone on both sides; its SendQueue is no longer used.
    virtual void OnStreamClosed(int32_t stream, uint32_t error_code) = 0;
    // The stream's SendQueue has been relieved.
    virtual void OnStreamWritable(int32_t stream) = 0;
    // A stream was broken off: by the peer, or by us for what the peer did.
    virtual void OnStreamBroken() = 0;
    virtual void OnGoaway() = 0;
    virtual void OnPingAnswered() = 0;
    // Before and after what was submitted goes out.
    virtual void OnFlush() = 0;
    virtual void OnFlushed() = 0;
    // The connection is over. The last call; streams that are open are lost.
    virtual void OnConnectionClosed(absl::Status why) = 0;
  };

  // `tls` as in TcpStream.
  H2Connection(EventLoop& loop, UniqueFd fd, const H2Options& options,
               Handler& handler, std::unique_ptr<TlsSession> tls = nullptr);
  H2Connection(const H2Connection&) = delete;
  H2Connection& operator=(const H2Connection&) = delete;
  ~H2Connection() override;

  // Begins to read and write; `first_bytes` were read already.
  void Start(absl::string_view first_bytes = {});

  // Answers `stream`. `body` is read until it has ended and must live until
  // OnStreamClosed(); null when there is no body.
  void SubmitResponse(int32_t stream, const ResponseHead& head,
                      SendQueue* body);

  // Sends a request with a body and returns its stream, or -1 when this
  // connection takes no more.
  int32_t SubmitRequest(const RequestHead& head, SendQueue& body);

  // `queue` has got more to send.
  void Wake(int32_t stream, SendQueue& queue);

  void ResetStream(int32_t stream, uint32_t error_code);

  // Returns credit to the peer for bytes that OnData() gave, on the stream and
  // on the connection each. No-ops for a stream that is gone.
  void ConsumeStream(int32_t stream, size_t bytes);
  void ConsumeConnection(size_t bytes);

  void Ping();

  // Announces the end: the peer should open no more streams, but those under
  // way are still taken. GoAway() then refuses what comes later; the connection
  // closes after its last stream.
  void AnnounceGoAway();
  void GoAway();

  // Sends GOAWAY with an error and closes.
  void Terminate(uint32_t error_code);

  // Breaks the connection; OnConnectionClosed() follows from the loop.
  void Abort();

  // Calls OnFlush() and sends what was submitted, at the end of the turn. All
  // functions above do it themselves.
  void ScheduleFlush() { flush_.Schedule(); }

  // Bytes that arrived so far.
  uint64_t received_bytes() const { return received_bytes_; }

 private:
  friend class H2Callbacks;

  void OnBytes(absl::string_view bytes) override;
  void OnDrained() override;
  void OnClosed(absl::Status why) override;

  void SubmitSettings(const H2Options& options);
  void Flush();
  // Serialises up to a buffer's worth into `out`; returns whether to go on.
  bool Serialize(std::string& out);
  void WatchHeaderBlock();

  EventLoop& loop_;
  Handler& handler_;
  const H2Role role_;
  const size_t max_header_bytes_;
  const absl::Duration header_timeout_;
  TcpStream stream_;
  std::unique_ptr<nghttp2_session, void (*)(nghttp2_session*)> session_;
  TurnTask flush_;
  HeaderBlock block_;
  bool block_open_ = false;
  Timer header_timer_;
  std::vector<int32_t> relieved_;
  std::string* out_ = nullptr;  // Where a flush under way collects.
  bool out_full_ = false;
  bool closed_ = false;
  uint64_t received_bytes_ = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H2_CONNECTION_H_
