// What the gateway's transport moves: heads, bytes and trailers of requests and
// responses, between clients, the code that answers, and backends.
//
// The transport knows no message type and no gRPC. It calls an ExchangeFactory
// for each request that arrives; the Exchange it gets back is told what the
// client sends, and answers through a ResponseWriter. An Exchange that passes a
// request on opens a stream of an Upstream and copies between the two:
//
//   client --OnData--> Exchange --Write--> UpstreamStream --> backend
//   client <--Write-- Exchange <--OnData-- UpstreamListener <-- backend
//
// Flow control runs end to end. Bytes that arrive are owed to their sender
// until Consume() returns the credit; whoever writes looks at buffered(), stops
// returning credit for the other side above kHighWaterBytes, and goes on at
// OnWritable(). So a slow reader stops a fast writer, and no stream holds more
// than kReceiveWindowBytes + kHighWaterBytes plus one piece in each direction.
//
// Everything here lives on one event loop: every function is called, and every
// callback runs, on that loop's thread. A callback may call any function of
// this file, and may destroy the UpstreamStream that is calling back.

#ifndef CRM_GATEWAY_HTTP_EXCHANGE_H_
#define CRM_GATEWAY_HTTP_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// What a sender may send before Consume() returns credit.
inline constexpr size_t kReceiveWindowBytes = 64 * 1024;

// A writer with more than this buffered should pause, and is told by
// OnWritable() when it has fallen to kLowWaterBytes.
inline constexpr size_t kHighWaterBytes = 64 * 1024;
inline constexpr size_t kLowWaterBytes = 32 * 1024;

// One header field. Names are lower case; pseudo headers never appear.
struct Header {
  std::string name;
  std::string value;

  friend bool operator==(const Header&, const Header&) = default;
};
using Headers = std::vector<Header>;

// Returns the value of the first header called `name` (lower case), or null
// without one. The pointer lives as long as `headers` is not changed.
const std::string* FindHeader(const Headers& headers, absl::string_view name);

// The head of a request. Headers of one connection only (connection,
// keep-alive, transfer-encoding, upgrade, expect) and `host`, which is
// `authority`, are not in `headers`; `te` arrives over HTTP/2 alone.
struct RequestHead {
  std::string method = {};
  std::string scheme = "http";
  std::string authority = {};
  // Path and query, as in `/v1/customers?pageSize=10`.
  std::string path = {};
  Headers headers = {};
  bool http2 = true;
  // The address the request came from, as in `127.0.0.1:50123`.
  std::string peer = {};
};

// The head of a response; `status` is from 200 to 599.
struct ResponseHead {
  int status = 200;
  Headers headers = {};
};

// Answers one request: Start(), any number of Write(), End(). Owned by the
// transport; may be used until End() or Reset() was called or OnReset() was
// received, whichever comes first.
//
// Over HTTP/1.1 the transport frames the body: by `content-length` where the
// head has one or the whole answer is written in one turn of the loop, in
// chunks otherwise. Trailers are sent over HTTP/2 only. To HEAD no body is
// sent.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;

  virtual void Start(ResponseHead head) = 0;
  virtual void Write(std::string chunk) = 0;
  // Ends the response; the exchange is called no more and is destroyed soon,
  // never while one of its functions runs. Bytes still buffered are sent.
  virtual void End(Headers trailers = {}) = 0;
  // Breaks the response off: RST_STREAM with CANCEL, or an HTTP/1.1 connection
  // closed. The exchange ends as after End().
  virtual void Reset() = 0;
  // Returns credit for `bytes` that OnData() gave.
  virtual void Consume(size_t bytes) = 0;
  // Bytes written that the socket has not taken.
  virtual size_t buffered() const = 0;
};

// What handles one request. Owned by the transport.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // A piece of the request's body; return the credit with Consume().
  virtual void OnData(absl::string_view chunk) = 0;
  // The request is complete.
  virtual void OnEnd() = 0;
  // The client is gone or gave up. The last call; the writer is invalid.
  virtual void OnReset() = 0;
  // buffered() was above kHighWaterBytes and is at most kLowWaterBytes.
  virtual void OnWritable() = 0;
};

// Makes the exchange of a request whose head has arrived; never returns null.
// May use the writer at once. The writer outlives the exchange's last call.
using ExchangeFactory = std::function<std::unique_ptr<Exchange>(
    RequestHead head, ResponseWriter& writer)>;

// Hears what a backend answers to one request: OnHead(), OnData() any number of
// times, then exactly one of OnEnd() and OnError(). It must outlive its
// UpstreamStream, and hears nothing once that is destroyed.
class UpstreamListener {
 public:
  virtual ~UpstreamListener() = default;

  virtual void OnHead(ResponseHead head) = 0;
  // A piece of the body; return the credit with UpstreamStream::Consume().
  virtual void OnData(absl::string_view chunk) = 0;
  // The response is complete. A response of a head alone (as gRPC's
  // trailers-only) has no trailers: what it says is in the head.
  virtual void OnEnd(Headers trailers) = 0;
  // The call failed in transport. The reason tells what is known:
  //   UPSTREAM_UNREACHABLE  UNAVAILABLE, no connection; nothing was sent.
  //   UPSTREAM_REFUSED      UNAVAILABLE, the backend did not look at it.
  //   UPSTREAM_LOST         UNAVAILABLE, the connection broke.
  //   UPSTREAM_RESET        the backend broke the stream off; the code follows
  //                         the HTTP/2 error as gRPC maps it.
  virtual void OnError(absl::Status status) = 0;
  // As Exchange::OnWritable().
  virtual void OnWritable() = 0;
};

// One request to a backend. Destroying it before the response is complete
// cancels the request (RST_STREAM with CANCEL).
class UpstreamStream {
 public:
  virtual ~UpstreamStream() = default;

  virtual void Write(std::string chunk) = 0;
  // Ends the request; the response goes on.
  virtual void End() = 0;
  // Cancels the request; the listener hears nothing more.
  virtual void Reset() = 0;
  // Returns credit for `bytes` that OnData() gave.
  virtual void Consume(size_t bytes) = 0;
  // Bytes written that the socket has not taken.
  virtual size_t buffered() const = 0;
};

// A backend. Streams opened while there is no connection wait for one, for a
// bounded time.
class Upstream {
 public:
  virtual ~Upstream() = default;

  // Opens a request. The listener is never called before Open() returns.
  virtual std::unique_ptr<UpstreamStream> Open(RequestHead head,
                                               UpstreamListener& listener) = 0;
  // Whether a connection that takes new streams is up.
  virtual bool connected() const = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_EXCHANGE_H_
