// One HTTP/2 connection to a backend and the calls that it carries.

#ifndef CRM_GATEWAY_HTTP_UPSTREAM_CONNECTION_H_
#define CRM_GATEWAY_HTTP_UPSTREAM_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "gateway/http/h2_connection.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/upstream_call.h"

namespace crm::gateway {

// Loop thread only. Must not be destroyed while a function of its owner runs.
class UpstreamConnection final : private H2Connection::Handler {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;

    // The connection takes no more calls; it finishes those it has.
    virtual void OnRetired(UpstreamConnection& connection) = 0;
    // The connection is over. The last call.
    virtual void OnGone(UpstreamConnection& connection) = 0;
    // The backend has not looked at the call, and nothing of its body is lost.
    virtual void OnReturned(std::shared_ptr<UpstreamCall> call) = 0;
  };

  // `tls` as in TcpStream.
  UpstreamConnection(EventLoop& loop, UniqueFd fd,
                     std::unique_ptr<TlsSession> tls,
                     const UpstreamOptions& options, Owner& owner);
  ~UpstreamConnection() override;

  // Sends the call, or returns false when this connection takes no more.
  bool Carry(std::shared_ptr<UpstreamCall> call);

  // Takes no more calls, tells the backend so, and ends after the last one.
  void Retire();

  // The calls of clients that it carries.
  size_t load() const { return load_; }

  // What the caller does to a call that this connection carries.
  void Wake(UpstreamCall& call);
  void Cancel(UpstreamCall& call);
  void Consume(UpstreamCall& call, size_t bytes);

  // Whether it has answered a call.
  bool proven() const { return proven_; }

 private:
  void OnHeaders(int32_t id, HeaderBlock block, bool end_stream) override;
  void OnData(int32_t id, absl::string_view chunk) override;
  void OnEndStream(int32_t id) override;
  void OnStreamClosed(int32_t id, uint32_t error_code) override;
  void OnStreamWritable(int32_t id) override;
  void OnStreamBroken() override {}
  void OnGoaway() override;
  void OnPingAnswered() override {}
  void OnFlush() override {}
  void OnFlushed() override {}
  void OnConnectionClosed(absl::Status why) override;

  UpstreamCall* Find(int32_t id);
  void Complete(UpstreamCall& call, Headers trailers);
  void FailAll();
  void ArmPing();

  EventLoop& loop_;
  const UpstreamOptions& options_;
  Owner& owner_;
  absl::flat_hash_map<int32_t, std::shared_ptr<UpstreamCall>> calls_;
  size_t load_ = 0;
  bool proven_ = false;
  bool retired_ = false;
  uint64_t seen_bytes_ = 0;
  Timer ping_timer_;
  H2Connection connection_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_UPSTREAM_CONNECTION_H_
