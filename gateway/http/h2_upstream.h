// A backend reached over HTTP/2: a connection to each of its replicas, many
// streams on each.

#ifndef CRM_GATEWAY_HTTP_H2_UPSTREAM_H_
#define CRM_GATEWAY_HTTP_H2_UPSTREAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/http/tls_client.h"

namespace crm::gateway {

class UpstreamReplica;

// Finds out whether one replica serves, for as long as its connection lasts.
class ReplicaWatch {
 public:
  virtual ~ReplicaWatch() = default;
};

struct UpstreamOptions {
  // How long a stream waits for a connection, and how long one attempt to
  // connect may take.
  absl::Duration wait_timeout = absl::Seconds(1);
  absl::Duration connect_timeout = absl::Seconds(1);
  // The pause after a failed connection; doubled each time up to the maximum.
  absl::Duration min_backoff = absl::Milliseconds(20);
  absl::Duration max_backoff = absl::Seconds(1);
  // How often names are looked up anew; after a failed connection at the next
  // multiple of max_backoff.
  absl::Duration resolve_interval = absl::Seconds(10);
  // A PING goes out after this long without a byte from the backend while
  // streams are open; the connection is lost without an answer in time.
  absl::Duration ping_interval = absl::Seconds(30);
  absl::Duration ping_timeout = absl::Seconds(10);
  // Streams that may wait for a connection at once.
  size_t max_waiting = 1024;
  // The head or the trailers of a response, HPACK decoded.
  size_t max_header_bytes = 32 * 1024;
  // Makes the sessions, to the service that is expected; null for plaintext.
  // Outlives the upstream.
  TlsClient* tls = nullptr;
  std::string tls_service = {};
  // Told why a connection was given up because of TLS; may be empty.
  std::function<void(const absl::Status&)> on_tls_failure = {};
  // Makes what watches a replica that has been connected to; may be empty. The
  // watch is destroyed before the replica's connection takes no more calls.
  std::function<std::unique_ptr<ReplicaWatch>(UpstreamReplica&)> watch = {};
};

// Upstream over libnghttp2. A call goes to the replica that has the fewest
// under way, of those that are connected and say that they serve; if none says
// so, of those that are connected. A call that a replica has not looked at is
// sent once more, to any. Destroying the upstream fails its streams with
// UPSTREAM_LOST. Loop thread only.
class H2Upstream final : public Upstream {
 public:
  // `addresses` are `host:port`, parted by commas; each address of a name is a
  // replica, and is so for as long as the name has it. Connects at once. `loop`
  // must outlive this.
  H2Upstream(EventLoop& loop, const std::string& addresses,
             UpstreamOptions options = {});
  H2Upstream(const H2Upstream&) = delete;
  H2Upstream& operator=(const H2Upstream&) = delete;
  ~H2Upstream() override;

  std::unique_ptr<UpstreamStream> Open(RequestHead head,
                                       UpstreamListener& listener) override;
  bool connected() const override;

 private:
  class Pool;

  // Shared with the address look-ups that are under way.
  std::shared_ptr<Pool> pool_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H2_UPSTREAM_H_
