#include "shared/rpc/health_server.h"

#include <utility>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/rpc/accept_loop.h"
#include "shared/rpc/grpc_convert.h"

namespace crm {
namespace {

using ::grpc::experimental::ExternalConnectionAcceptor;

// Probes come one at a time, and send a name.
constexpr size_t kMaxConnections = 32;
constexpr int kMaxMessageBytes = 4 << 10;

// Takes out what is linked in for every server of the process.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->clear();
  }
};

}  // namespace

class HealthServer::State {
 public:
  ~State() {
    if (accept_ != nullptr) accept_->Stop();
    if (server_ != nullptr) server_->Shutdown(ToGrpcDeadline(absl::Now()));
  }

  absl::Status Start(absl::string_view listen) {
    CRM_ASSIGN_OR_RETURN(accept_, AcceptLoop::Listen(listen, kMaxConnections));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.SetOption(std::make_unique<NoReflection>());
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.RegisterCallbackGenericService(&nothing_else_);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return Unavailable("LISTEN_FAILED",
                         "gRPC could not start the health server.");
    }
    SetReady(false);
    server_->GetHealthCheckService()->SetServingStatus("liveness", true);
    accept_->Run([this](int fd) {
      ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = fd;
      acceptor_->HandleNewConnection(&connection);
    });
    return absl::OkStatus();
  }

  int port() const { return accept_->port(); }

  void SetReady(bool ready) {
    grpc::HealthCheckServiceInterface& health =
        *server_->GetHealthCheckService();
    health.SetServingStatus("", ready);
    health.SetServingStatus("readiness", ready);
  }

  void SetLive(bool live) {
    server_->GetHealthCheckService()->SetServingStatus("liveness", live);
  }

 private:
  // Answers UNIMPLEMENTED. gRPC starts no server without a service.
  grpc::CallbackGenericService nothing_else_;
  std::unique_ptr<ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<AcceptLoop> accept_;
};

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(
    absl::string_view listen) {
  auto state = std::make_unique<State>();
  CRM_RETURN_IF_ERROR(state->Start(listen));
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(state)));
}

HealthServer::HealthServer(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

HealthServer::~HealthServer() = default;

int HealthServer::port() const { return state_->port(); }

void HealthServer::SetReady(bool ready) { state_->SetReady(ready); }

void HealthServer::SetLive(bool live) { state_->SetLive(live); }

}  // namespace crm
