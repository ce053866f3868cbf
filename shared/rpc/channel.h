// The client side of calls between services: a connection to the replicas of
// one service, with its deadlines, retries, health checks and keepalive.
//
//   crm::RpcChannel feed("127.0.0.1:9101", {});
//   crm::internal::v1::ReadFeedResponse response;
//   CRM_RETURN_IF_ERROR(feed.Call("/crm.internal.v1.Feed/Read", request,
//                                 &response, {.deadline = deadline}));

#ifndef CRM_SHARED_RPC_CHANNEL_H_
#define CRM_SHARED_RPC_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/auth/tls_folder.h"
#include "shared/call/call.h"

namespace crm {

// What goes with one outgoing call.
struct CallOptions {
  // When the answer is no longer of use.
  absl::Time deadline = absl::InfiniteFuture();
  Metadata metadata = {};
  // Whether to wait until the service can be reached, as for a dependency at
  // start-up.
  bool wait_for_ready = false;
};

// Returns the options of a call made on behalf of `context`'s: its credential,
// consistency tokens, criticality and trace, and its deadline less max(10 ms, 5
// % of what is left at `now`), so that there is time to answer.
CallOptions OnBehalfOf(const CallContext& context, absl::Time now);

// A connection to one service. Thread-safe.
class RpcChannel {
 public:
  struct Options {
    // The services that are called, for the retry policy of their methods.
    std::vector<const google::protobuf::ServiceDescriptor*> services = {};
    // How often a call is sent at most. A service repeats a user's call once.
    int max_attempts = 2;
    // Balances only over replicas that are ready.
    bool health_check = true;
    int max_message_bytes = 4 << 20;
    // Whom this process is to the service, and the service that is expected
    // there; null calls in plaintext. Outlives the channel.
    TlsFolder* tls = nullptr;
    std::string tls_service = {};
    // Shares no connections with other channels to the same address.
    bool own_connections = false;
  };

  // Connects to `address`, `host:port`, when the first call is made; a name
  // stands for all addresses it resolves to.
  RpcChannel(absl::string_view address, const Options& options);
  ~RpcChannel();

  RpcChannel(const RpcChannel&) = delete;
  RpcChannel& operator=(const RpcChannel&) = delete;

  // Calls the unary method at `path` and waits for the answer. Returns the
  // status of the service with its details; INVALID_ARGUMENT for metadata that
  // cannot be sent, UNAVAILABLE if the service cannot be reached,
  // DEADLINE_EXCEEDED, and INTERNAL for an answer that does not parse.
  absl::Status Call(absl::string_view path,
                    const google::protobuf::Message& request,
                    google::protobuf::Message* response,
                    const CallOptions& options) const;

 private:
  class Connection;

  std::unique_ptr<Connection> connection_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_CHANNEL_H_
