#include "shared/rpc/channel.h"

#include <algorithm>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "shared/base/errors.h"
#include "shared/observe/trace_context.h"
#include "shared/rpc/grpc_convert.h"
#include "shared/rpc/service_config.h"
#include "shared/rpc/tls_credentials.h"

namespace crm {
namespace {

constexpr absl::Duration kLeastReserve = absl::Milliseconds(10);
constexpr int kReserveDivisor = 20;

grpc::ChannelArguments ArgumentsOf(const RpcChannel::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfigJson(
      options.services, {.max_attempts = options.max_attempts,
                         .health_check = options.health_check}));
  // The config above is ours; one from DNS is not asked for.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 10'000);
  // A service that restarts is found again soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  if (options.own_connections) {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  }
  return arguments;
}

}  // namespace

CallOptions OnBehalfOf(const CallContext& context, absl::Time now) {
  CallOptions options;
  if (context.deadline != absl::InfiniteFuture()) {
    options.deadline =
        context.deadline -
        std::max(kLeastReserve, (context.deadline - now) / kReserveDivisor);
  }
  if (!context.bearer_token.empty()) {
    options.metadata.emplace_back(
        "authorization", absl::StrCat("Bearer ", context.bearer_token));
  }
  for (const std::string& token : context.consistency_tokens) {
    options.metadata.emplace_back("crm-token", token);
  }
  if (context.criticality != Criticality::kCritical) {
    options.metadata.emplace_back(
        kCriticalityMetadata,
        std::string(CriticalityName(context.criticality)));
  }
  if (!context.trace_id.empty() && !context.span_id.empty()) {
    TraceContext trace;
    trace.trace_id = context.trace_id;
    trace.span_id = context.span_id;
    options.metadata.emplace_back("traceparent", FormatTraceparent(trace));
  }
  return options;
}

// What the header does not show of gRPC.
class RpcChannel::Connection {
 public:
  Connection(absl::string_view address, const Options& options)
      : target_(absl::StrCat("dns:///", address)),
        arguments_(ArgumentsOf(options)),
        tls_(options.tls),
        tls_service_(options.tls_service) {
    if (tls_ == nullptr) {
      stub_ = MakeStub(grpc::InsecureChannelCredentials());
    } else {
      // gRPC compares it with the certificate too, and complains in the log.
      arguments_.SetSslTargetNameOverride(tls_service_);
    }
  }

  grpc::Status Call(absl::string_view path, grpc::ClientContext& context,
                    const grpc::ByteBuffer& request,
                    grpc::ByteBuffer& response) {
    // Shared, since the promise is still in use when its future is ready.
    const auto ended = std::make_shared<std::promise<grpc::Status>>();
    const std::shared_ptr<grpc::GenericStub> stub = Stub();
    stub->UnaryCall(
        &context, std::string(path), grpc::StubOptions(), &request, &response,
        [ended](grpc::Status status) { ended->set_value(std::move(status)); });
    return ended->get_future().get();
  }

 private:
  std::shared_ptr<grpc::GenericStub> MakeStub(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    return std::make_shared<grpc::GenericStub>(
        grpc::CreateCustomChannel(target_, credentials, arguments_));
  }

  // A channel keeps the credentials it was made with, so a new identity needs a
  // new one. Calls under way end on the old one.
  std::shared_ptr<grpc::GenericStub> Stub() {
    if (tls_ == nullptr) return stub_;
    std::shared_ptr<const TlsIdentity> identity = tls_->Get();
    std::lock_guard lock(mutex_);
    if (identity != identity_) {
      stub_ = MakeStub(TlsChannelCredentials(*identity, tls_service_));
      identity_ = std::move(identity);
    }
    return stub_;
  }

  const std::string target_;
  grpc::ChannelArguments arguments_;
  TlsFolder* const tls_;
  const std::string tls_service_;
  std::mutex mutex_;
  std::shared_ptr<const TlsIdentity> identity_;
  std::shared_ptr<grpc::GenericStub> stub_;
};

RpcChannel::RpcChannel(absl::string_view address, const Options& options)
    : connection_(std::make_unique<Connection>(address, options)) {}

RpcChannel::~RpcChannel() = default;

absl::Status RpcChannel::Call(absl::string_view path,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* response,
                              const CallOptions& options) const {
  grpc::ClientContext context;
  context.set_deadline(ToGrpcDeadline(options.deadline));
  context.set_wait_for_ready(options.wait_for_ready);
  for (const auto& [name, value] : options.metadata) {
    if (!IsSendable(name, value)) {
      return InvalidArgument(
          "METADATA_NOT_SENDABLE",
          absl::StrCat("The metadata '", name, "' cannot be sent."));
    }
    context.AddMetadata(name, value);
  }
  grpc::ByteBuffer response_bytes;
  const grpc::Status status = connection_->Call(
      path, context, ToByteBuffer(request.SerializeAsString()), response_bytes);
  if (!status.ok()) return FromGrpcStatus(status);
  if (!response->ParseFromString(ToString(response_bytes))) {
    return Internal("RESPONSE_MALFORMED",
                    absl::StrCat("The answer to '", path,
                                 "' is not a valid message of its type."));
  }
  return absl::OkStatus();
}

}  // namespace crm
