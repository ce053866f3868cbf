// The configuration of a service's process.

#ifndef CRM_SERVICES_HOST_SETTINGS_H_
#define CRM_SERVICES_HOST_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/host/host_admission.h"
#include "services/host/store_contraction.h"
#include "shared/auth/jwks/token_keys.h"
#include "shared/base/config.h"
#include "shared/observe/log.h"
#include "shared/resource/audit/read_log.h"

namespace crm {

// What a service is started with.
struct HostSettings {
  // The service's name, as `operational`.
  std::string service;
  // Where to serve gRPC; port 0 takes a free one.
  std::string listen = "127.0.0.1:0";
  // Where to serve /metrics; empty serves none.
  std::string metrics_listen;
  // The folder of the service's files.
  std::string data_dir;
  // The URI of the database that holds the service's rows; empty for a file in
  // the folder. The password that goes with it, and the file that holds it.
  std::string database;
  std::string database_password;
  std::string database_password_file;
  // The same for the warehouse of a service that has one.
  std::string warehouse;
  std::string warehouse_password;
  std::string warehouse_password_file;
  // `host:port` of the Redis that caches and of the one that carries events;
  // empty goes without.
  std::string redis_cache;
  std::string redis_bus;
  // Where the other services are, by name.
  std::map<std::string, std::string> addresses;
  // The keys that tokens are checked with.
  TokenKeySettings token_keys;
  std::vector<std::string> token_issuers;
  std::string token_audience;
  // The key by which the service signs tokens of its own; empty for a service
  // that calls no other.
  std::string service_key_file;
  // The folder of the process's certificate, key and authorities, as TlsFolder
  // reads it; empty serves and calls in plaintext.
  std::string tls_dir;
  // Where to answer health checks in plaintext beside TLS; empty does not.
  std::string health_listen;
  // The key that signs checkpoints of the audit chains, and where those go: a
  // file that is appended to, or `-`. Without a key there are none.
  std::string audit_key_file;
  std::string audit_checkpoints;
  // Whose reads of personal data the audit trail tells.
  ReadLog::Recorded audited_reads = ReadLog::Recorded::kPrivileged;
  // Authenticates page and consistency tokens; at least 32 bytes.
  std::string secret;
  // The role table as text.
  std::string roles;
  // Below these writes are refused.
  int64_t min_free_bytes = 0;
  double min_free_fraction = 0;
  // Kept for a full disk; see SqliteOptions.
  int64_t ballast_bytes = 0;
  // Whether the store is made one that older programs cannot share.
  ContractMode contract_store = ContractMode::kNever;
  // How often the store is backed up, zero for never, and how many backups are
  // kept.
  absl::Duration backup_interval = absl::ZeroDuration();
  int backups_kept = 8;
  // The layer below the store, for tests; see SqliteOptions.
  std::string store_vfs;
  // For how long calls under way may go on when the process is told to stop.
  absl::Duration drain = absl::Seconds(5);
  // For how long the process still serves before that.
  absl::Duration drain_delay = absl::ZeroDuration();
  AdmissionSettings admission;
  LogLevel log_level = LogLevel::kInfo;
};

// Declares the settings of `service`, so that they can be read and listed.
ConfigReader DeclareSettings(absl::string_view service);

// The prefixes of settings that belong to other programs of the suite.
std::vector<std::string> ForeignPrefixes(absl::string_view service);

// Returns the settings in `config`, with the files that it names read. Returns
// INVALID_ARGUMENT or NOT_FOUND that names the setting which is wrong.
absl::StatusOr<HostSettings> ReadSettings(absl::string_view service,
                                          const Config& config);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_SETTINGS_H_
