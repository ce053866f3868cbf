// One of the processes that are a backend: a connection to it that is kept up,
// and made anew when it is lost.

#ifndef CRM_GATEWAY_HTTP_UPSTREAM_REPLICA_H_
#define CRM_GATEWAY_HTTP_UPSTREAM_REPLICA_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/socket.h"
#include "gateway/http/tls_handshake.h"
#include "gateway/http/upstream_call.h"
#include "gateway/http/upstream_connection.h"

namespace crm::gateway {

// Connects at once, and again after a pause when that fails. A connection that
// says GOAWAY gets no new calls; it finishes those it has beside a new one.
// Loop thread only. Must not be destroyed while a function of its owner runs.
class UpstreamReplica final : public Upstream,
                              public UpstreamConnection::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;

    // The replica takes calls from now on.
    virtual void OnUp(UpstreamReplica& replica) = 0;
    // The replica could not be connected to.
    virtual void OnUnreachable(UpstreamReplica& replica) = 0;
    // A replica that was retired has ended its last call.
    virtual void OnIdle(UpstreamReplica& replica) = 0;
    // The replica has not looked at the call, and nothing of its body is lost.
    virtual void OnReturned(std::shared_ptr<UpstreamCall> call) = 0;
  };

  // `options` and `owner` outlive the replica.
  UpstreamReplica(EventLoop& loop, const SocketAddress& address,
                  const UpstreamOptions& options, Owner& owner);
  UpstreamReplica(const UpstreamReplica&) = delete;
  UpstreamReplica& operator=(const UpstreamReplica&) = delete;
  ~UpstreamReplica() override;

  // Sends the call, or returns false when the replica takes none now.
  bool Carry(const std::shared_ptr<UpstreamCall>& call);

  // Opens a request about this replica, which is no load of it. Fails with
  // UPSTREAM_UNREACHABLE when it takes none now.
  std::unique_ptr<UpstreamStream> Open(RequestHead head,
                                       UpstreamListener& listener) override;

  // Whether a connection that takes calls is up.
  bool connected() const override { return current_ != nullptr; }

  // Whether the replica says that it serves, as far as is known.
  bool serving() const { return serving_; }
  void set_serving(bool serving) { serving_ = serving; }

  // When it was chosen last, in turns of its owner, who sets it.
  uint64_t turn() const { return turn_; }
  void set_turn(uint64_t turn) { turn_ = turn; }

  // The calls of clients that are under way.
  size_t load() const;

  // Takes no more calls and connects no more; OnIdle() follows.
  void Retire();

 private:
  void OnRetired(UpstreamConnection& connection) override;
  void OnGone(UpstreamConnection& connection) override;
  void OnReturned(std::shared_ptr<UpstreamCall> call) override;

  void Connect();
  void OnConnected();
  void StartTls();
  void OnTls(absl::StatusOr<std::unique_ptr<TlsSession>> session);
  void Use(std::unique_ptr<TlsSession> tls);
  void ConnectLater(absl::Duration delay);
  void ConnectFailed();
  void Discard(UpstreamConnection& connection);

  EventLoop& loop_;
  const SocketAddress address_;
  const UpstreamOptions& options_;
  Owner& owner_;
  absl::Duration backoff_;
  bool retired_ = false;
  bool serving_ = true;
  uint64_t turn_ = 0;
  // The connection that is being made.
  UniqueFd fd_;
  FdWatch watch_;
  std::unique_ptr<TlsHandshake> handshake_;
  Timer timer_;  // Of the attempt or of the pause before it.
  UpstreamConnection* current_ = nullptr;
  // The current one and those that finish their calls.
  absl::flat_hash_map<UpstreamConnection*, std::unique_ptr<UpstreamConnection>>
      connections_;
  // Of the current connection; null where nobody watches.
  std::unique_ptr<ReplicaWatch> health_;
};

// Makes a call, and what the caller holds of it.
std::shared_ptr<UpstreamCall> NewUpstreamCall(RequestHead head,
                                              UpstreamListener& listener);
std::unique_ptr<UpstreamStream> StreamOf(std::shared_ptr<UpstreamCall> call);

// The error of a call that could not be sent.
absl::Status UpstreamUnreachable();

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_UPSTREAM_REPLICA_H_
