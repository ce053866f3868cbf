#include "services/host/metrics_endpoint.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/observe/metrics.h"

namespace crm {

struct MetricsEndpoint::State {
  httplib::Server server;
  int port = 0;
  std::thread thread;
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

MetricsEndpoint::~MetricsEndpoint() {
  state_->server.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

int MetricsEndpoint::port() const { return state_->port; }

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    absl::string_view listen, std::function<std::string()> expose) {
  const size_t colon = listen.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &port)) {
    return InvalidArgument("BAD_ADDRESS",
                           absl::StrCat("'", listen, "' is not 'host:port'."));
  }
  const std::string host(listen.substr(0, colon));
  auto state = std::make_unique<State>();
  httplib::Server& server = state->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(1); };
  // The library's default lets two processes share a port without a word.
  server.set_socket_options([](int socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_read_timeout(std::chrono::seconds(5));
  server.set_payload_max_length(0);
  server.Get("/metrics", [expose = std::move(expose)](const httplib::Request&,
                                                      httplib::Response& out) {
    out.set_content(expose(), kMetricsContentType);
  });
  server.Get("/healthz", [](const httplib::Request&, httplib::Response& out) {
    out.set_content("ok\n", "text/plain");
  });
  state->port = port == 0 ? server.bind_to_any_port(host.c_str()) : port;
  if (port != 0 && !server.bind_to_port(host.c_str(), port)) {
    return Unavailable("PORT_TAKEN",
                       absl::StrCat("'", listen,
                                    "' cannot be bound; is another "
                                    "process using it?"));
  }
  state->thread = std::thread([&server] { server.listen_after_bind(); });
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(state)));
}

}  // namespace crm
