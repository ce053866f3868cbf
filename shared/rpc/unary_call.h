// One unary call on its way through gRPC's callback API.

#ifndef CRM_SHARED_RPC_UNARY_CALL_H_
#define CRM_SHARED_RPC_UNARY_CALL_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/impl/codegen/async_generic_service.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"
#include "shared/call/call.h"
#include "shared/rpc/call_edge.h"
#include "shared/rpc/filter_pass.h"
#include "shared/rpc/pool.h"

namespace crm {

// Takes a call through filters and gate to its handler, inline or on the pool,
// and sends the answer from whichever thread it comes. Its reactor deletes
// itself when gRPC is done with it.
class UnaryCall {
 public:
  // Ends the call in gRPC, with `response` if it is OK.
  using Send = std::function<void(const grpc::Status& status)>;

  // Everything given outlives it.
  UnaryCall(const MethodBinding& binding, CallEdge& edge,
            grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
            std::shared_ptr<Call> call, Send send);

  // Serves a call. Everything given outlives it.
  static grpc::ServerUnaryReactor* Start(const MethodBinding& binding,
                                         CallEdge& edge, Pool& pool,
                                         grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response);

  // Reads the request of a call, then serves it. Everything given outlives it.
  static grpc::ServerGenericBidiReactor* StartUnread(
      const MethodBinding& binding, CallEdge& edge, Pool& pool,
      grpc::CallbackServerContext* context);

 private:
  class Completion;
  class Reactor;
  class ReadingReactor;

  void Run(Pool& pool, bool has_message);
  // Serves a call that may go on, here or on the pool.
  void GoOn(Pool& pool, const std::shared_ptr<Completion>& completion,
            bool on_pool);
  void Serve(const std::shared_ptr<Completion>& completion);
  void Complete(absl::StatusOr<Answer> answer);
  absl::Status Prepare(absl::StatusOr<Answer>& answer);

  const MethodBinding& binding_;
  CallEdge& edge_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
  const std::shared_ptr<Call> call_;
  const Send send_;
  FilterPass pass_;
  FilterPass inner_pass_;
  // Whether the gate has to be told of the end.
  bool inside_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_UNARY_CALL_H_
