#include "shared/rpc/call_edge.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "shared/base/errors.h"
#include "shared/rpc/deadline_filter.h"
#include "shared/rpc/grpc_convert.h"

namespace crm {
namespace {

// Returns the SPIFFE id of the caller's certificate, or "".
std::string IdentityOf(const grpc::CallbackServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr) return "";
  const std::vector<grpc::string_ref> ids =
      peer->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  return ids.size() == 1 ? std::string(ids[0].data(), ids[0].size()) : "";
}

}  // namespace

CallEdge::CallEdge(const CallLimits& limits, CallPath path, const Clock& clock,
                   Logger& logger)
    : limits_(limits),
      path_(std::move(path)),
      clock_(clock),
      logger_(logger),
      ids_(clock) {}

std::shared_ptr<Call> CallEdge::Read(const MethodInfo& method,
                                     const grpc::CallbackServerContext& context,
                                     const grpc::ByteBuffer& request) const {
  auto call = std::make_shared<Call>();
  call->context.method = &method;
  call->context.now = clock_.Now();
  call->metadata = ToMetadata(context.client_metadata());
  call->request_bytes = ToString(request);
  call->peer = context.peer();
  if (limits_.tls) call->peer_identity = IdentityOf(context);

  // gRPC counts by the machine's clock, everything behind here by `clock_`.
  const absl::Time asked = FromGrpcDeadline(context.deadline());
  const absl::Duration left = asked == absl::InfiniteFuture()
                                  ? limits_.default_deadline
                                  : asked - absl::Now();
  call->context.deadline =
      call->context.now + std::min(left, method.descriptor->server_streaming()
                                             ? limits_.max_stream_deadline
                                             : limits_.max_unary_deadline);
  return call;
}

absl::Status CallEdge::Outward(const absl::Status& status, const Call& call) {
  if (status.code() != absl::StatusCode::kInternal &&
      status.code() != absl::StatusCode::kUnknown) {
    return status;
  }
  const std::string error_id = ids_.NewId();
  logger_.Log(LogLevel::kError, "call failed",
              {{"error_id", error_id},
               {"method", call.context.method->path},
               {"trace_id", call.context.trace_id},
               {"reason", ErrorReason(status)},
               {"error", status.message()}});
  return MakeError(
      absl::StatusCode::kInternal, "INTERNAL",
      "The service failed in a way it should not. Report the error "
      "id to its operator.",
      {{"error_id", error_id}});
}

void CallEdge::AddInitialMetadata(const Call& call,
                                  grpc::CallbackServerContext& context) {
  if (!call.context.trace_id.empty()) {
    context.AddInitialMetadata("crm-trace-id", call.context.trace_id);
  }
}

void CallEdge::AddTrailingMetadata(const absl::Status& status, const Call& call,
                                   grpc::CallbackServerContext& context) {
  if (!status.ok() && !call.context.trace_id.empty()) {
    context.AddTrailingMetadata("crm-trace-id", call.context.trace_id);
  }
  const std::string pushback = RetryPushback(status);
  if (!pushback.empty()) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms", pushback);
  }
}

absl::Status CallEdge::MessageMissing() {
  return InvalidArgument("REQUEST_MALFORMED",
                         "The call came without a request message.");
}

absl::Status CallEdge::Guard(const std::function<void()>& handler) {
  try {
    handler();
  } catch (const std::exception& exception) {
    return Internal("HANDLER_EXCEPTION", exception.what());
  } catch (...) {
    return Internal("HANDLER_EXCEPTION", "Not a std::exception.");
  }
  return absl::OkStatus();
}

absl::Status CallEdge::CheckWanted(const Call& call) const {
  if (call.cancelled) {
    return MakeError(absl::StatusCode::kCancelled, "CANCELLED",
                     "The caller has cancelled the call.");
  }
  return clock_.Now() < call.context.deadline ? absl::OkStatus()
                                              : DeadlineExceeded();
}

}  // namespace crm
