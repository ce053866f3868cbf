#include "gateway/app.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/local/index_page.h"
#include "gateway/local/openapi.h"
#include "gateway/proxy/health_watch.h"
#include "shared/auth/default_roles.h"
#include "shared/auth/open_tls.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

// The least length of the shared secret, in bytes.
constexpr size_t kMinSecretBytes = 32;

absl::StatusOr<std::string> ReadFile(absl::string_view setting,
                                     const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return FailedPrecondition(
        "FILE_UNREADABLE",
        absl::StrCat("The file that ", setting, " names cannot be read."));
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TokenRules RulesOf(const Settings& settings) {
  TokenRules rules;
  rules.issuers = settings.issuers;
  rules.audience = settings.audience;
  return rules;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsServer>> GatewayApp::OpenEdgeTls(
    const Settings& settings, const Clock& clock, Logger& logger) {
  if (settings.certificate_file.empty()) return nullptr;
  return TlsServer::Open({settings.certificate_file, settings.key_file}, clock,
                         [&logger](const absl::Status& status) {
                           LogCertificateChange(
                               logger, "CRM_GATEWAY_CERTIFICATE", status);
                         });
}

absl::StatusOr<GatewayApp::Loaded> GatewayApp::Load(const Settings& settings,
                                                    const Clock& clock,
                                                    Logger& logger) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<TlsFolder> tls,
                       OpenTls(settings.tls_dir, clock, logger));
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<TlsServer> edge_tls,
                       OpenEdgeTls(settings, clock, logger));
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<TokenKeys> keys,
                       TokenKeys::Open(settings.token_keys, clock, logger));
  std::string role_text(DefaultRoles());
  if (!settings.roles_file.empty()) {
    CRM_ASSIGN_OR_RETURN(role_text,
                         ReadFile("CRM_ROLES_FILE", settings.roles_file));
  }
  CRM_ASSIGN_OR_RETURN(RoleTable roles, RoleTable::Parse(role_text));
  CRM_ASSIGN_OR_RETURN(std::string secret,
                       ReadFile("CRM_SECRET_FILE", settings.secret_file));
  CRM_RETURN_IF_ERROR(CheckPrivate(settings.secret_file));
  if (secret.size() < kMinSecretBytes) {
    return FailedPrecondition(
        "SECRET_TOO_SHORT",
        "The file that CRM_SECRET_FILE names holds less than 32 bytes.");
  }
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<ApiDescriptors> api,
                       ApiDescriptors::Load());
  CRM_ASSIGN_OR_RETURN(RouteTable routes,
                       RouteTable::Build(api->LinkedServices()));
  CRM_ASSIGN_OR_RETURN(StaticFiles console,
                       StaticFiles::Read(settings.console_dir, "/console"));
  return Loaded{std::move(keys),   std::move(tls),    std::move(edge_tls),
                std::move(roles),  std::move(secret), std::move(api),
                std::move(routes), std::move(console)};
}

absl::StatusOr<std::unique_ptr<GatewayApp>> GatewayApp::Create(
    const Settings& settings, const Clock& clock, Logger& logger) {
  CRM_ASSIGN_OR_RETURN(Loaded loaded, Load(settings, clock, logger));
  std::unique_ptr<GatewayApp> app(
      new GatewayApp(settings, std::move(loaded), clock, logger));
  CRM_RETURN_IF_ERROR(app->Wire());
  return app;
}

GatewayApp::GatewayApp(const Settings& settings, Loaded loaded,
                       const Clock& clock, Logger& logger)
    : settings_(settings),
      clock_(clock),
      logger_(logger),
      loaded_(std::move(loaded)),
      verifier_(RulesOf(settings), loaded_.keys->source(), clock),
      transcoder_(*google::protobuf::DescriptorPool::generated_pool()),
      server_(
          loop_, HttpLimits{},
          [this](RequestHead head, ResponseWriter& writer) {
            return edge_->Serve(std::move(head), writer);
          },
          loaded_.edge_tls.get()),
      admin_server_(loop_, HttpLimits{},
                    [this](RequestHead head, ResponseWriter& writer) {
                      return admin_pages_.Serve(head, writer);
                    }) {
  if (loaded_.tls != nullptr) {
    tls_ = std::make_unique<TlsClient>(*loaded_.tls);
  }
  for (const auto& [service, address] : settings_.backends) {
    upstreams_[service] =
        std::make_unique<H2Upstream>(loop_, address, OptionsOf(service));
    backends_[service] =
        std::make_unique<Backend>(loop_, clock_, service, *upstreams_[service]);
  }
}

UpstreamOptions GatewayApp::OptionsOf(const std::string& service) {
  UpstreamOptions options;
  options.watch = [this, service](UpstreamReplica& replica) {
    return std::make_unique<HealthWatch>(loop_, replica, service);
  };
  if (tls_ == nullptr) return options;
  options.tls = tls_.get();
  options.tls_service = service;
  // The same failure at each attempt is said once.
  options.on_tls_failure =
      [this, last = std::string()](const absl::Status& status) mutable {
        if (last == status.message()) return;
        last = std::string(status.message());
        logger_.Log(LogLevel::kError, "a backend is not trusted",
                    {{"reason", ErrorReason(status)}, {"error", last}});
      };
  return options;
}

absl::Status GatewayApp::Wire() {
  LocalParts parts{
      .loop = loop_,
      .clock = clock_,
      .api = *loaded_.api,
      .roles = loaded_.roles,
      .secret = loaded_.secret,
      .metrics = metrics_,
      .redis_cache = settings_.redis_cache,
      .near_cache_bytes = settings_.near_cache_bytes,
      .reflection = settings_.reflection,
      .all_audited = settings_.all_audited,
      .backends = {},
  };
  for (const auto& [service, backend] : backends_) {
    parts.backends[service] = backend.get();
  }
  CRM_ASSIGN_OR_RETURN(local_, LocalServices::Create(parts));
  AddPages();
  edge_ = std::make_unique<Edge>(MakeEdgeParts());
  return absl::OkStatus();
}

EdgeParts GatewayApp::MakeEdgeParts() {
  EdgeParts parts{
      .loop = loop_,
      .clock = clock_,
      .ledger = {clock_, logger_, metrics_},
      .traces = traces_,
      .routes = loaded_.routes,
      .transcoder = transcoder_,
      .verify =
          [this](absl::string_view token) { return verifier_.Verify(token); },
      .backends = {},
      .local = local_->services(),
      .open = local_->open_services(),
      .pages = pages_,
      .console = loaded_.console,
      .cors = CorsPolicy(settings_.cors_origins),
  };
  for (const auto& [service, backend] : backends_) {
    parts.backends[service] = backend.get();
  }
  return parts;
}

void GatewayApp::AddPages() {
  const auto health = [] { return Page{.body = "{\"status\":\"SERVING\"}\n"}; };
  pages_.Add("/", [page = IndexPage()] { return page; });
  pages_.Add("/healthz", health);
  pages_.Add(
      "/openapi.json",
      [page = Page{.body = OpenApiDocument(*loaded_.api)}] { return page; });
  pages_.Add(
      "/descriptors",
      [page = Page{.content_type = "application/x-protobuf",
                   .body = loaded_.api->PublicFiles().SerializeAsString()}] {
        return page;
      });
  admin_pages_.Add("/healthz", health);
  admin_pages_.Add("/readyz", [this] { return Readiness(); });
  Gauge& lost_lines = metrics_.AddGauge(
      "crm_log_lost_lines", "Lines of the log that could not be written.");
  admin_pages_.Add("/metrics", [this, &lost_lines] {
    lost_lines.Set(static_cast<double>(logger_.lost()));
    return Page{.content_type = kMetricsContentType, .body = metrics_.Expose()};
  });
}

// Ready means: takes calls. A backend that is down does not unready the
// gateway, whose answers then name it; it is only shown.
Page GatewayApp::Readiness() const {
  std::string backends;
  for (const auto& [service, backend] : backends_) {
    absl::StrAppend(&backends, backends.empty() ? "" : ",", "\"", service,
                    "\":", backend->connected() ? "true" : "false");
  }
  return {.status = draining_ ? 503 : 200,
          .body = absl::StrCat("{\"ready\":", draining_ ? "false" : "true",
                               ",\"connected\":{", backends, "}}\n")};
}

absl::Status GatewayApp::Listen() {
  CRM_ASSIGN_OR_RETURN(port_, server_.Listen(settings_.listen));
  CRM_ASSIGN_OR_RETURN(admin_port_,
                       admin_server_.Listen(settings_.admin_listen));
  return absl::OkStatus();
}

void GatewayApp::Run() { loop_.Run(); }

void GatewayApp::Stop() {
  loop_.Post([this] {
    if (std::exchange(draining_, true)) return;
    server_.Stop(settings_.drain, [this] {
      admin_server_.Stop(absl::ZeroDuration(), [this] { loop_.Stop(); });
    });
  });
}

}  // namespace crm::gateway
