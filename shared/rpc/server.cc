#include "shared/rpc/server.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "shared/base/status_macros.h"
#include "shared/base/watchdog.h"
#include "shared/rpc/accept_loop.h"
#include "shared/rpc/call_edge.h"
#include "shared/rpc/dynamic_service.h"
#include "shared/rpc/grpc_convert.h"
#include "shared/rpc/pool.h"
#include "shared/rpc/stream_call.h"
#include "shared/rpc/tls_credentials.h"
#include "shared/rpc/unary_call.h"

namespace crm {
namespace {

using ::grpc::experimental::ExternalConnectionAcceptor;

// How long connections have to end when nothing comes in on them any more.
constexpr absl::Duration kConnectionsEnd = absl::Seconds(1);
// How often the least patient client may ping.
constexpr absl::Duration kMinPingInterval = absl::Seconds(20);

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// Turns reflection on or off for one server. Linking the library turns it on
// for every server of the process.
class ReflectionOption final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(bool enabled) : enabled_(enabled) {}

  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}

  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    auto reflection =
        std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>();
    std::erase_if(*plugins, [&](const auto& plugin) {
      return plugin->name() == reflection->name();
    });
    if (enabled_) plugins->push_back(std::move(reflection));
  }

 private:
  const bool enabled_;
};

void Configure(const RpcServer::Options& options,
               grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("crm_rpc");
  quota.Resize(options.memory_quota_bytes);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  // Answers are measured before gRPC sees them.
  builder.SetMaxSendMessageSize(-1);
  // A small compressed message can unpack to any size, before it is measured.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             options.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             options.max_metadata_bytes);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      Millis(kMinPingInterval));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             Millis(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             Millis(options.max_connection_age_grace));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             Millis(options.max_connection_idle));
  builder.SetOption(std::make_unique<ReflectionOption>(options.reflection));
}

// Sets what gRPC has for all servers of a process.
void SetUpProcess() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    // Debian's Abseil keeps a graph of which lock is taken under which others,
    // to find deadlocks, and asks it each time that gRPC takes one.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  });
}

}  // namespace

// What a server is made of. Declared so that what is used outlives its users.
class RpcServer::State {
 public:
  State(Options options, CallPath path, const Clock& clock, Logger& logger)
      : options_(std::move(options)),
        edge_({.default_deadline = options_.default_deadline,
               .max_unary_deadline = options_.max_unary_deadline,
               .max_stream_deadline = options_.max_stream_deadline,
               .max_stream_stall = options_.max_stream_stall,
               .max_message_bytes =
                   static_cast<size_t>(options_.max_message_bytes),
               .tls = options_.tls != nullptr},
              std::move(path), clock, logger),
        pool_(std::make_unique<Pool>(options_.pool_threads,
                                     options_.max_pool_queue)) {
    if (options_.exit == nullptr) options_.exit = [](int code) { _exit(code); };
  }

  absl::Status Start(std::vector<MethodBinding> bindings) {
    CRM_ASSIGN_OR_RETURN(services_,
                         MakeServices(std::move(bindings), Reactors()));
    CRM_ASSIGN_OR_RETURN(
        accept_, AcceptLoop::Listen(options_.listen, options_.max_connections));

    SetUpProcess();
    grpc::ServerBuilder builder;
    Configure(options_, builder);
    for (const auto& service : services_) {
      builder.RegisterService(service.get());
    }
    others_ = std::make_unique<OtherMethods>(services_, Reactors());
    builder.RegisterCallbackGenericService(others_.get());
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        options_.tls == nullptr ? grpc::InsecureServerCredentials()
                                : TlsServerCredentials(*options_.tls));
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return absl::UnavailableError("gRPC could not start the server.");
    }
    // gRPC says SERVING for "" until it is told otherwise.
    SetReady(false);
    server_->GetHealthCheckService()->SetServingStatus("liveness", true);
    accept_->Run([this](int fd) {
      ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = fd;
      acceptor_->HandleNewConnection(&connection);
    });
    return absl::OkStatus();
  }

  void SetReady(bool ready) {
    grpc::HealthCheckServiceInterface& health =
        *server_->GetHealthCheckService();
    health.SetServingStatus("", ready);
    health.SetServingStatus("readiness", ready);
    SetServing(ready);
  }

  void SetServing(bool serving) {
    for (const auto& service : services_) {
      server_->GetHealthCheckService()->SetServingStatus(service->name(),
                                                         serving);
    }
  }

  void BeginDrain() { server_->GetHealthCheckService()->Shutdown(); }

  void SetLive(bool live) {
    server_->GetHealthCheckService()->SetServingStatus("liveness", live);
  }

  absl::Duration Stall() const {
    return std::max(accept_->Stall(), pool_->Stall());
  }

  void Hurry() { edge_.open_calls().Hurry(); }

  void Shutdown(absl::Duration drain) {
    std::lock_guard<std::mutex> lock(shutdown_mutex_);
    if (server_ == nullptr || stopped_) return;
    stopped_ = true;
    const Watchdog watchdog(drain + options_.watchdog_margin, options_.exit);
    BeginDrain();
    edge_.open_calls().Drain();
    accept_->Stop();
    streams_.Drain();
    edge_.open_calls().AwaitNone(drain);
    // gRPC would cut off a call that comes in while it stops, with CANCELLED,
    // which no client repeats. So the connections end first.
    accept_->EndConnections(kConnectionsEnd);
    server_->Shutdown(ToGrpcDeadline(absl::Now()));
    pool_->Stop();
  }

  int port() const { return accept_->port(); }

 private:
  ReactorFactory Reactors() {
    return {
        .unary =
            [this](const MethodBinding& binding,
                   grpc::CallbackServerContext* context,
                   const grpc::ByteBuffer* request,
                   grpc::ByteBuffer* response) {
              return UnaryCall::Start(binding, edge_, *pool_, context, request,
                                      response);
            },
        .unread_unary =
            [this](const MethodBinding& binding,
                   grpc::CallbackServerContext* context) {
              return UnaryCall::StartUnread(binding, edge_, *pool_, context);
            },
        .stream =
            [this](const MethodBinding& binding,
                   grpc::CallbackServerContext* context,
                   const grpc::ByteBuffer* request) {
              return StreamCall::Start(binding, edge_, streams_, context,
                                       request);
            },
        .duplex =
            [this](const MethodBinding& binding,
                   grpc::CallbackServerContext* context) {
              return StreamCall::StartDuplex(binding, edge_, streams_, context);
            }};
  }

  Options options_;
  CallEdge edge_;
  OpenStreams streams_;
  std::unique_ptr<Pool> pool_;
  std::vector<std::unique_ptr<DynamicService>> services_;
  std::unique_ptr<OtherMethods> others_;
  std::unique_ptr<ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<AcceptLoop> accept_;
  std::mutex shutdown_mutex_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    Options options, std::vector<MethodBinding> bindings, CallPath path,
    const Clock& clock, Logger& logger) {
  auto state = std::make_unique<State>(std::move(options), std::move(path),
                                       clock, logger);
  CRM_RETURN_IF_ERROR(state->Start(std::move(bindings)));
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(state)));
}

RpcServer::RpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

RpcServer::~RpcServer() { Shutdown(absl::ZeroDuration()); }

int RpcServer::port() const { return state_->port(); }

void RpcServer::SetReady(bool ready) { state_->SetReady(ready); }

void RpcServer::SetServing(bool serving) { state_->SetServing(serving); }

void RpcServer::SetLive(bool live) { state_->SetLive(live); }

absl::Duration RpcServer::Stall() const { return state_->Stall(); }

void RpcServer::BeginDrain() { state_->BeginDrain(); }

void RpcServer::Hurry() { state_->Hurry(); }

void RpcServer::Shutdown(absl::Duration drain) { state_->Shutdown(drain); }

}  // namespace crm
