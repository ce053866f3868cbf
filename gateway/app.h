// The gateway as one object: transport, routes, policy, backends and local
// services, put together from settings.

#ifndef CRM_GATEWAY_APP_H_
#define CRM_GATEWAY_APP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/api/api_descriptors.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/http_server.h"
#include "gateway/http/tls_client.h"
#include "gateway/http/tls_server.h"
#include "gateway/local/local_services.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/edge.h"
#include "gateway/proxy/pages.h"
#include "gateway/proxy/static_files.h"
#include "gateway/routing/route_table.h"
#include "gateway/settings.h"
#include "gateway/transcode/protobuf_transcoder.h"
#include "shared/auth/jwks/token_keys.h"
#include "shared/auth/roles.h"
#include "shared/auth/tls_folder.h"
#include "shared/auth/token_verifier.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// One gateway on one event loop. Stop() is thread-safe; everything else is for
// the thread that runs it.
class GatewayApp {
 public:
  // Reads keys, roles and the secret, and builds the routes. Returns
  // FAILED_PRECONDITION or INVALID_ARGUMENT that names what is wrong. `clock`
  // and `logger` must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<GatewayApp>> Create(
      const Settings& settings, const Clock& clock, Logger& logger);

  // Opens both ports. Returns UNAVAILABLE when one cannot be had.
  absl::Status Listen();

  // Serves until Stop() and the end of the calls under way.
  void Run();

  // Makes Run() take no more calls, and return when those under way have ended,
  // at the latest after the drain time.
  void Stop();

  // The ports that are served; 0 before Listen().
  uint16_t port() const { return port_; }
  uint16_t admin_port() const { return admin_port_; }

 private:
  // What is read from files.
  struct Loaded {
    std::unique_ptr<TokenKeys> keys;
    std::unique_ptr<TlsFolder> tls;
    // Null when clients are served in plaintext.
    std::unique_ptr<TlsServer> edge_tls;
    RoleTable roles;
    std::string secret;
    std::unique_ptr<ApiDescriptors> api;
    RouteTable routes;
    StaticFiles console;
  };

  static absl::StatusOr<std::unique_ptr<TlsServer>> OpenEdgeTls(
      const Settings& settings, const Clock& clock, Logger& logger);
  static absl::StatusOr<Loaded> Load(const Settings& settings,
                                     const Clock& clock, Logger& logger);

  GatewayApp(const Settings& settings, Loaded loaded, const Clock& clock,
             Logger& logger);

  // Makes what refers to the rest: local services, pages, the edge.
  absl::Status Wire();
  // Returns how `service` is reached.
  UpstreamOptions OptionsOf(const std::string& service);
  void AddPages();
  Page Readiness() const;
  EdgeParts MakeEdgeParts();

  const Settings settings_;
  const Clock& clock_;
  Logger& logger_;
  Loaded loaded_;
  MetricRegistry metrics_;
  TraceMaker traces_;
  TokenVerifier verifier_;
  ProtobufTranscoder transcoder_;
  EventLoop loop_;
  // Null without TLS.
  std::unique_ptr<TlsClient> tls_;
  std::map<std::string, std::unique_ptr<H2Upstream>> upstreams_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  std::unique_ptr<LocalServices> local_;
  Pages pages_;
  Pages admin_pages_;
  std::unique_ptr<Edge> edge_;
  HttpServer server_;
  HttpServer admin_server_;
  uint16_t port_ = 0;
  uint16_t admin_port_ = 0;
  bool draining_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_APP_H_
