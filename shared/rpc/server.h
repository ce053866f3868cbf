// The server of a service process: its own accept loop in front of gRPC, the
// filters every call takes, health and reflection, and a stop that drains.
//
//   crm::RpcServer::Options options{.listen = "127.0.0.1:9101"};
//   CRM_ASSIGN_OR_RETURN(auto server, crm::RpcServer::Start(
//       options, std::move(bindings), {.filters = filters}, clock, logger));
//   server->SetReady(true);

#ifndef CRM_SHARED_RPC_SERVER_H_
#define CRM_SHARED_RPC_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/auth/tls_folder.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/observe/log.h"
#include "shared/rpc/call_edge.h"

namespace crm {

// Serves methods over gRPC until it is shut down. Thread-safe.
class RpcServer {
 public:
  struct Options {
    // Where to listen, as `127.0.0.1:9101`; port 0 lets the kernel choose.
    std::string listen = "127.0.0.1:0";

    // Whom this process is to its callers, who must be of the suite; null
    // serves plaintext. Outlives the server.
    TlsFolder* tls = nullptr;

    // The largest message, in and out. It does not bound gRPC's memory; the
    // quota does.
    int max_message_bytes = 4 << 20;
    size_t memory_quota_bytes = 64 << 20;
    int max_metadata_bytes = 8 << 10;
    int max_concurrent_streams = 100;
    size_t max_connections = 1000;

    // Clients find new replicas when their connections end.
    absl::Duration max_connection_age = absl::Minutes(5);
    absl::Duration max_connection_age_grace = absl::Minutes(1);
    absl::Duration max_connection_idle = absl::Minutes(15);

    // The pool that handlers of Placement::kPool run on.
    size_t pool_threads = 8;
    size_t max_pool_queue = 512;

    // The deadline of a call that came without one, and the latest that a call
    // gets.
    absl::Duration default_deadline = absl::Seconds(30);
    absl::Duration max_unary_deadline = absl::Minutes(1);
    absl::Duration max_stream_deadline = absl::Hours(1);

    // A stream whose buffer has been full for that long is cut: its reader goes
    // on from the last message that reached it, when it can.
    absl::Duration max_stream_stall = absl::Seconds(30);

    bool reflection = true;

    // How long after the drain's end the process is given up, and how: with the
    // exit code 70.
    absl::Duration watchdog_margin = absl::Seconds(15);
    std::function<void(int)> exit = nullptr;
  };

  // Listens and serves `bindings`, not ready yet. Every method of a service
  // that appears in `bindings` must be bound. `clock` and `logger` outlive the
  // server.
  //
  // Returns INVALID_ARGUMENT for an address that does not parse,
  // FAILED_PRECONDITION for methods that are not bound, or bound twice or to
  // the wrong kind of handler, UNAVAILABLE if the address cannot be listened
  // on.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      Options options, std::vector<MethodBinding> bindings, CallPath path,
      const Clock& clock, Logger& logger);

  // Shuts down without a drain.
  ~RpcServer();

  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // Returns the port that is listened on.
  int port() const;

  // Sets the health of every name but `liveness`: "", `readiness`, each
  // service.
  void SetReady(bool ready);

  // Sets the health of each service, and of nothing else.
  void SetServing(bool serving);

  // Sets the health of `liveness`, which is live until then.
  void SetLive(bool live);

  // Returns for how long the accept loop or the pool has made no progress
  // although there is work.
  absl::Duration Stall() const;

  // Begins to stop: the health of every name is NOT_SERVING for good. Calls are
  // still served, for clients that have yet to notice.
  void BeginDrain();

  // Stops: as BeginDrain, and new connections are refused, new calls and open
  // streams end with UNAVAILABLE `DRAINING`, running calls have `drain` to
  // finish and are cancelled then. Returns when all is done. If that takes
  // `watchdog_margin` longer than `drain`, the process exits. Later calls wait
  // for the first.
  void Shutdown(absl::Duration drain);

  // Has a Shutdown, now or later, give running calls no more time.
  void Hurry();

 private:
  class State;

  explicit RpcServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_SERVER_H_
