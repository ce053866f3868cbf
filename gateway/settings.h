// What can be set of the gateway.

#ifndef CRM_GATEWAY_SETTINGS_H_
#define CRM_GATEWAY_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/auth/jwks/token_keys.h"
#include "shared/base/config.h"
#include "shared/observe/log.h"

namespace crm::gateway {

// Settings, read and checked.
struct Settings {
  std::string listen;
  std::string admin_listen;
  // The certificate and key of the public port; both empty for plaintext.
  std::string certificate_file;
  std::string key_file;
  // Where the replicas of each backend are, by service: addresses parted by
  // commas, of which a name stands for all that it is resolved to.
  std::map<std::string, std::string> backends;
  // Where the cache is; empty for none.
  std::string redis_cache;
  // How much of the cache may be held in the process's memory; 0 for nothing.
  size_t near_cache_bytes = 0;
  // The folder of the gateway's certificate, key and authorities; empty calls
  // the services in plaintext.
  std::string tls_dir;
  TokenKeySettings token_keys;
  std::vector<std::string> issuers;
  std::string audience;
  // Empty for the built-in roles.
  std::string roles_file;
  std::string secret_file;
  bool reflection = true;
  // The folder of the files that are served under /console; empty for none.
  std::string console_dir;
  // The origins whose web pages may call from browsers.
  std::vector<std::string> cors_origins;
  // Whether the audit trail tells of the reads of all callers.
  bool all_audited = false;
  absl::Duration drain;
  LogLevel log_level = LogLevel::kInfo;
};

// Declares the gateway's settings.
ConfigReader GatewayConfig();

// The prefixes of settings that other programs of the suite have.
std::vector<std::string> ForeignPrefixes();

// Reads settings from `config`. Returns INVALID_ARGUMENT that names a bad one.
absl::StatusOr<Settings> ReadSettings(const Config& config);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_SETTINGS_H_
