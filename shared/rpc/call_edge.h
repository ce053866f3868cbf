// What every gRPC call goes through before and after its handler, unary or
// streaming: reading the call in, and making its outcome fit to leave.

#ifndef CRM_SHARED_RPC_CALL_EDGE_H_
#define CRM_SHARED_RPC_CALL_EDGE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/call/call.h"
#include "shared/observe/log.h"
#include "shared/rpc/open_calls.h"

namespace crm {

// The bounds that a server puts on calls.
struct CallLimits {
  absl::Duration default_deadline;
  absl::Duration max_unary_deadline;
  absl::Duration max_stream_deadline;
  // For how long the buffer of a stream may be full.
  absl::Duration max_stream_stall = absl::InfiniteDuration();
  size_t max_message_bytes = 0;
  // Whether callers show certificates.
  bool tls = false;
};

// What a call passes on its way to its handler; all of it outlives the server.
struct CallPath {
  // Run in order for every call.
  std::vector<CallFilter*> filters = {};
  // Comes then; null lets all in.
  CallGate* gate = nullptr;
  // Run for the calls that the gate let in.
  std::vector<CallFilter*> inner_filters = {};
};

// Reads calls in and sends their outcomes out. Thread-safe.
class CallEdge {
 public:
  // `clock` and `logger` outlive the edge.
  CallEdge(const CallLimits& limits, CallPath path, const Clock& clock,
           Logger& logger);

  // Returns the call that has arrived: its bytes, metadata and deadline, which
  // is the caller's, or the default, but no later than the maximum.
  std::shared_ptr<Call> Read(const MethodInfo& method,
                             const grpc::CallbackServerContext& context,
                             const grpc::ByteBuffer& request) const;

  // Returns what the caller is told of `status`: INTERNAL and UNKNOWN are
  // logged and become INTERNAL with a generic text and an `error_id` that leads
  // to the log; anything else stays.
  absl::Status Outward(const absl::Status& status, const Call& call);

  // Adds the metadata that goes before every answer: `crm-trace-id`.
  static void AddInitialMetadata(const Call& call,
                                 grpc::CallbackServerContext& context);

  // Adds the metadata that goes after an error: `crm-trace-id`, since clients
  // look there, and `grpc-retry-pushback-ms`.
  static void AddTrailingMetadata(const absl::Status& status, const Call& call,
                                  grpc::CallbackServerContext& context);

  // Returns the error of a call that ended before its request came.
  static absl::Status MessageMissing();

  // Runs a handler. Returns INTERNAL for an exception that leaves it.
  static absl::Status Guard(const std::function<void()>& handler);

  // Returns DEADLINE_EXCEEDED or CANCELLED for a call that nobody waits for.
  absl::Status CheckWanted(const Call& call) const;

  const CallLimits& limits() const { return limits_; }
  const CallPath& path() const { return path_; }
  OpenCalls& open_calls() { return open_calls_; }

 private:
  const CallLimits limits_;
  const CallPath path_;
  const Clock& clock_;
  Logger& logger_;
  IdMaker ids_;
  OpenCalls open_calls_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_CALL_EDGE_H_
