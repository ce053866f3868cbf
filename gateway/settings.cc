#include "gateway/settings.h"

#include "absl/strings/str_split.h"
#include "gateway/policy/cors.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

constexpr int64_t kMaxNearCacheBytes = int64_t{64} << 30;

}  // namespace

ConfigReader GatewayConfig() {
  ConfigReader reader("gateway");
  reader.Declare("CRM_GATEWAY_LISTEN", "127.0.0.1:8080",
                 "Where clients are served: gRPC, REST and pages.");
  reader.Declare("CRM_GATEWAY_ADMIN_LISTEN", "127.0.0.1:8081",
                 "Where operators are served: /metrics, /readyz.");
  reader.Declare(
      "CRM_GATEWAY_CERTIFICATE", "",
      "The file with the certificate that clients are shown, and its "
      "chain, as PEM; empty serves plaintext. Read again when it "
      "changes.");
  reader.Declare("CRM_GATEWAY_CERTIFICATE_KEY", "",
                 "The file with the private key of that certificate, as PEM.");
  reader.Declare("CRM_GATEWAY_REFLECTION", "true",
                 "Whether gRPC reflection is served.");
  reader.Declare("CRM_GATEWAY_CONSOLE_DIR", "",
                 "The folder of the files that browsers are served under "
                 "/console, as they are at the start; empty for none.");
  reader.Declare("CRM_GATEWAY_CORS_ORIGINS", "",
                 "The origins whose web pages may call from browsers, as "
                 "https://crm.example.com, parted by commas; * for all.");
  reader.Declare("CRM_OPERATIONAL_ADDRESS", "127.0.0.1:9101",
                 "Where the operational service is: host:port, parted by "
                 "commas; each address of a "
                 "name is a replica.");
  reader.Declare("CRM_ANALYTICAL_ADDRESS", "127.0.0.1:9102",
                 "Where the analytical service is: host:port, parted by "
                 "commas; each address of a "
                 "name is a replica.");
  reader.Declare("CRM_COLLABORATIVE_ADDRESS", "127.0.0.1:9103",
                 "Where the collaborative service is: host:port, parted by "
                 "commas; each address of a "
                 "name is a replica.");
  reader.Declare("CRM_REDIS_CACHE", "127.0.0.1:6401",
                 "The Redis that caches profiles; empty for none.");
  reader.Declare("CRM_GATEWAY_NEAR_CACHE_BYTES", "67108864",
                 "How much of the cache is held in the process's own memory, "
                 "in bytes; 0 for nothing.");
  reader.Declare("CRM_TLS_DIR", "",
                 "The folder with tls.crt, tls.key and ca.crt, for mutual TLS "
                 "with the services; empty is plaintext.");
  DeclareTokenKeys(reader);
  reader.Declare("CRM_TOKEN_ISSUERS", "crm-dev",
                 "The issuers whose users are let in, parted by commas.");
  reader.DeclareRequired("CRM_TOKEN_AUDIENCE",
                         "The audience that tokens must name.");
  reader.Declare("CRM_ROLES_FILE", "",
                 "What each role may do; empty for the built-in table.");
  reader.DeclareRequired("CRM_SECRET_FILE",
                         "The secret of 32 bytes or more that the suite's "
                         "processes share.");
  reader.Declare("CRM_AUDIT_READS", "privileged",
                 "Whose reads of personal data the audit trail tells, as the "
                 "services are told: 'privileged' or 'everyone'.");
  reader.Declare("CRM_DRAIN", "5s",
                 "For how long calls may go on when the process stops.");
  reader.Declare("CRM_LOG_LEVEL", "info",
                 "The least level logged: debug, info, warning, error.");
  return reader;
}

std::vector<std::string> ForeignPrefixes() {
  return {"CRM_OPERATIONAL_",   "CRM_ANALYTICAL_", "CRM_COLLABORATIVE_",
          "CRM_REDIS_BUS",      "CRM_SERVICE_",    "CRM_DISK_",
          "CRM_CONTRACT_STORE", "CRM_RATE_LIMITS", "CRM_REPLICAS",
          "CRM_TENANT_WEIGHTS", "CRM_DRAIN_DELAY", "CRM_AUDIT_"};
}

absl::StatusOr<Settings> ReadSettings(const Config& config) {
  Settings settings;
  settings.listen = config.Get("CRM_GATEWAY_LISTEN");
  settings.admin_listen = config.Get("CRM_GATEWAY_ADMIN_LISTEN");
  settings.certificate_file = config.Get("CRM_GATEWAY_CERTIFICATE");
  settings.key_file = config.Get("CRM_GATEWAY_CERTIFICATE_KEY");
  if (settings.certificate_file.empty() != settings.key_file.empty()) {
    return InvalidArgument("BAD_CONFIG",
                           "CRM_GATEWAY_CERTIFICATE and "
                           "CRM_GATEWAY_CERTIFICATE_KEY belong together: set "
                           "both or neither.");
  }
  settings.backends = {
      {"operational", config.Get("CRM_OPERATIONAL_ADDRESS")},
      {"analytical", config.Get("CRM_ANALYTICAL_ADDRESS")},
      {"collaborative", config.Get("CRM_COLLABORATIVE_ADDRESS")}};
  settings.redis_cache = config.Get("CRM_REDIS_CACHE");
  CRM_ASSIGN_OR_RETURN(
      const int64_t near_cache_bytes,
      config.GetInt("CRM_GATEWAY_NEAR_CACHE_BYTES", 0, kMaxNearCacheBytes));
  settings.near_cache_bytes = static_cast<size_t>(near_cache_bytes);
  settings.tls_dir = config.Get("CRM_TLS_DIR");
  settings.issuers =
      absl::StrSplit(config.Get("CRM_TOKEN_ISSUERS"), ',', absl::SkipEmpty());
  CRM_ASSIGN_OR_RETURN(settings.token_keys,
                       ReadTokenKeys(config, settings.issuers));
  settings.audience = config.Get("CRM_TOKEN_AUDIENCE");
  settings.roles_file = config.Get("CRM_ROLES_FILE");
  settings.secret_file = config.Get("CRM_SECRET_FILE");
  CRM_ASSIGN_OR_RETURN(settings.reflection,
                       config.GetBool("CRM_GATEWAY_REFLECTION"));
  settings.console_dir = config.Get("CRM_GATEWAY_CONSOLE_DIR");
  settings.cors_origins = absl::StrSplit(config.Get("CRM_GATEWAY_CORS_ORIGINS"),
                                         ',', absl::SkipEmpty());
  CRM_RETURN_IF_ERROR(CorsPolicy::Check(settings.cors_origins));
  const std::string& audited = config.Get("CRM_AUDIT_READS");
  settings.all_audited = audited == "everyone";
  if (!settings.all_audited && audited != "privileged") {
    return InvalidArgument("BAD_CONFIG",
                           "CRM_AUDIT_READS: must be 'privileged' or "
                           "'everyone'.");
  }
  CRM_ASSIGN_OR_RETURN(settings.drain, config.GetDuration("CRM_DRAIN"));
  CRM_ASSIGN_OR_RETURN(settings.log_level,
                       ParseLogLevel(config.Get("CRM_LOG_LEVEL")));
  return settings;
}

}  // namespace crm::gateway
