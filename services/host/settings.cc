#include "services/host/settings.h"

#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/auth/default_roles.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/postgres_database.h"

namespace crm {
namespace {

constexpr size_t kMinSecretBytes = 32;

// A service, where it serves unless told otherwise, and whether it has a
// warehouse.
struct ServicePorts {
  const char* name;
  const char* listen;
  const char* metrics;
  bool has_warehouse = false;
};

constexpr ServicePorts kServices[] = {
    {"operational", "127.0.0.1:9101", "127.0.0.1:9201"},
    {"analytical", "127.0.0.1:9102", "127.0.0.1:9202", true},
    {"collaborative", "127.0.0.1:9103", "127.0.0.1:9203"},
};

std::string Prefix(absl::string_view service) {
  return absl::StrCat("CRM_", absl::AsciiStrToUpper(service), "_");
}

const ServicePorts& PortsOf(absl::string_view service) {
  for (const ServicePorts& ports : kServices) {
    if (service == ports.name) return ports;
  }
  return kServices[0];
}

absl::StatusOr<std::string> ReadFileOf(const Config& config,
                                       absl::string_view setting) {
  const std::string& path = config.Get(setting);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return NotFound("FILE_MISSING", absl::StrCat(setting, ": the file '", path,
                                                 "' cannot be read."));
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status CheckUri(const std::string& setting, const std::string& uri) {
  const absl::Status status = CheckPostgresUri(uri);
  if (status.ok()) return status;
  return InvalidArgument(
      "BAD_CONFIG", absl::StrCat(setting, ": ", std::string(status.message())));
}

// Returns what the password file `setting` holds; nothing if none is named.
absl::StatusOr<std::string> ReadPassword(const Config& config,
                                         const std::string& setting) {
  if (config.Get(setting).empty()) return std::string();
  CRM_ASSIGN_OR_RETURN(std::string password, ReadFileOf(config, setting));
  absl::StripTrailingAsciiWhitespace(&password);
  return password;
}

absl::Status ReadDatabase(const Config& config, const std::string& prefix,
                          HostSettings& settings) {
  const std::string setting = prefix + "DATABASE";
  settings.database = config.Get(setting);
  if (settings.database == "sqlite:") settings.database.clear();
  if (settings.database.empty()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(CheckUri(setting, settings.database));
  const std::string file = prefix + "DATABASE_PASSWORD_FILE";
  CRM_ASSIGN_OR_RETURN(settings.database_password, ReadPassword(config, file));
  settings.database_password_file = config.Get(file);
  return absl::OkStatus();
}

absl::Status ReadWarehouse(const Config& config, const std::string& prefix,
                           HostSettings& settings) {
  if (!PortsOf(settings.service).has_warehouse) return absl::OkStatus();
  const std::string setting = prefix + "WAREHOUSE";
  settings.warehouse = config.Get(setting);
  if (settings.warehouse == "duckdb:") settings.warehouse.clear();
  if (settings.warehouse.empty()) return absl::OkStatus();
  if (settings.warehouse == "database") {
    if (settings.database.empty()) {
      return InvalidArgument(
          "BAD_CONFIG",
          absl::StrCat(setting, ": 'database' means the server that ", prefix,
                       "DATABASE names, and it names none."));
    }
    settings.warehouse = settings.database;
    settings.warehouse_password = settings.database_password;
    settings.warehouse_password_file = settings.database_password_file;
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(CheckUri(setting, settings.warehouse));
  const std::string file = prefix + "WAREHOUSE_PASSWORD_FILE";
  CRM_ASSIGN_OR_RETURN(settings.warehouse_password, ReadPassword(config, file));
  settings.warehouse_password_file = config.Get(file);
  return absl::OkStatus();
}

absl::StatusOr<ReadLog::Recorded> ReadAuditedReads(const Config& config) {
  const std::string& whose = config.Get("CRM_AUDIT_READS");
  if (whose == "privileged") return ReadLog::Recorded::kPrivileged;
  if (whose == "everyone") return ReadLog::Recorded::kEveryone;
  return InvalidArgument(
      "BAD_CONFIG",
      absl::StrCat("CRM_AUDIT_READS: must be 'privileged' or 'everyone', not '",
                   whose, "'."));
}

absl::StatusOr<ContractMode> ReadContractMode(const Config& config) {
  const std::string& when = config.Get("CRM_CONTRACT_STORE");
  if (when == "never") return ContractMode::kNever;
  if (when == "when-alone") return ContractMode::kWhenAlone;
  if (when == "at-once") return ContractMode::kAtOnce;
  return InvalidArgument("BAD_CONFIG",
                         absl::StrCat("CRM_CONTRACT_STORE: must be 'never', "
                                      "'when-alone' or 'at-once', not '",
                                      when, "'."));
}

absl::StatusOr<double> ReadFraction(const Config& config,
                                    absl::string_view setting) {
  double value = 0;
  // Written so that "nan" is refused too.
  if (!absl::SimpleAtod(config.Get(setting), &value) ||
      !(value >= 0 && value < 1)) {
    return InvalidArgument("BAD_CONFIG",
                           absl::StrCat(setting,
                                        ": must be a number from 0 "
                                        "to below 1."));
  }
  return value;
}

}  // namespace

ConfigReader DeclareSettings(absl::string_view service) {
  const ServicePorts& ports = PortsOf(service);
  const std::string prefix = Prefix(service);
  ConfigReader reader(service);
  reader.Declare(prefix + "LISTEN", ports.listen, "Where to serve gRPC.");
  reader.Declare(prefix + "METRICS_LISTEN", ports.metrics,
                 "Where to serve /metrics; empty serves none.");
  reader.Declare(prefix + "HEALTH_LISTEN", "",
                 "Where to answer health checks in plaintext, for probes "
                 "without TLS; empty does not.");
  reader.Declare(prefix + "DATA_DIR", absl::StrCat(".crm/data/", service),
                 "The folder of the service's files; made if it is missing.");
  reader.Declare(prefix + "DATABASE", "",
                 "The service's database: empty or sqlite: for a file in the "
                 "data folder, or postgres://user@host/database.");
  reader.Declare(prefix + "DATABASE_PASSWORD_FILE", "",
                 "The file with the password for the database; each new "
                 "connection reads it.");
  if (ports.has_warehouse) {
    reader.Declare(prefix + "WAREHOUSE", "",
                   "The warehouse: empty or duckdb: for a file in the data "
                   "folder, 'database' for the server of the service's own "
                   "database, or postgres://user@host/database.");
    reader.Declare(prefix + "WAREHOUSE_PASSWORD_FILE", "",
                   "The file with the password for a warehouse on a server of "
                   "its own.");
  }
  reader.Declare("CRM_REDIS_CACHE", "127.0.0.1:6401",
                 "The Redis that caches profiles; empty goes without.");
  reader.Declare("CRM_REDIS_BUS", "127.0.0.1:6402",
                 "The Redis that carries events; empty goes without.");
  for (const ServicePorts& other : kServices) {
    reader.Declare(
        absl::StrCat("CRM_", absl::AsciiStrToUpper(other.name), "_ADDRESS"),
        other.listen, absl::StrCat("Where the ", other.name, " service is."));
  }
  DeclareTokenKeys(reader);
  reader.Declare("CRM_TOKEN_ISSUERS", "crm-dev",
                 "The issuers whose users are let in, parted by commas.");
  reader.DeclareRequired("CRM_TOKEN_AUDIENCE",
                         "The audience that tokens must name.");
  reader.Declare("CRM_SERVICE_KEY_FILE", "",
                 "The private key for tokens of the suite's own processes.");
  reader.Declare("CRM_TLS_DIR", "",
                 "The folder with tls.crt, tls.key and ca.crt, for mutual TLS "
                 "between the suite's processes; empty is plaintext.");
  reader.Declare("CRM_AUDIT_KEY_FILE", "",
                 "The private key that signs checkpoints of the audit trail; "
                 "empty signs none.");
  reader.Declare("CRM_AUDIT_CHECKPOINTS", "-",
                 "Where checkpoints go: a file that is appended to, or '-' "
                 "for standard output.");
  reader.Declare("CRM_AUDIT_READS", "privileged",
                 "Whose reads of personal data the audit trail tells: "
                 "'privileged' for those who may read the trail, or "
                 "'everyone'.");
  reader.DeclareRequired("CRM_SECRET_FILE",
                         "Authenticates page and consistency tokens; at least "
                         "32 bytes, the same for all processes.");
  reader.Declare("CRM_ROLES_FILE", "",
                 "The role table; empty takes the built-in one.");
  reader.Declare("CRM_DISK_MIN_FREE_MIB", "512",
                 "Writes are refused with less free space than this.");
  reader.Declare("CRM_DISK_MIN_FREE_FRACTION", "0.10",
                 "Writes are refused with a smaller free part than this.");
  reader.Declare("CRM_DISK_BALLAST_MIB", "64",
                 "The size of the file that is given up when the disk is full; "
                 "0 keeps none.");
  reader.Declare(
      "CRM_CONTRACT_STORE", "never",
      "Whether what only older programs need is removed from the store: "
      "'never', 'when-alone' once no older program shares it, or 'at-once'. "
      "There is no way back to them.");
  reader.Declare(
      "CRM_BACKUP_INTERVAL", "15m",
      "How often the store is backed up into the folder 'backups' of "
      "its data folder.");
  reader.Declare("CRM_BACKUPS_KEPT", "8",
                 "How many backups are kept, the newest.");
  DeclareAdmission(reader);
  reader.Declare("CRM_DRAIN", "5s",
                 "For how long calls may go on when the process stops.");
  reader.Declare("CRM_DRAIN_DELAY", "",
                 "For how long the process still serves when it is told to "
                 "stop, so that clients notice, as 5s; empty does not wait.");
  reader.Declare("CRM_LOG_LEVEL", "info", "debug, info, warning or error.");
  return reader;
}

std::vector<std::string> ForeignPrefixes(absl::string_view service) {
  std::vector<std::string> prefixes = {"CRM_GATEWAY_"};
  for (const ServicePorts& other : kServices) {
    if (service != other.name) prefixes.push_back(Prefix(other.name));
  }
  return prefixes;
}

absl::StatusOr<HostSettings> ReadSettings(absl::string_view service,
                                          const Config& config) {
  const std::string prefix = Prefix(service);
  HostSettings settings;
  settings.service = std::string(service);
  settings.listen = config.Get(prefix + "LISTEN");
  settings.metrics_listen = config.Get(prefix + "METRICS_LISTEN");
  settings.data_dir = config.Get(prefix + "DATA_DIR");
  CRM_RETURN_IF_ERROR(ReadDatabase(config, prefix, settings));
  CRM_RETURN_IF_ERROR(ReadWarehouse(config, prefix, settings));
  settings.redis_cache = config.Get("CRM_REDIS_CACHE");
  settings.redis_bus = config.Get("CRM_REDIS_BUS");
  for (const ServicePorts& other : kServices) {
    settings.addresses[other.name] = config.Get(
        absl::StrCat("CRM_", absl::AsciiStrToUpper(other.name), "_ADDRESS"));
  }
  settings.token_issuers =
      absl::StrSplit(config.Get("CRM_TOKEN_ISSUERS"), ',', absl::SkipEmpty());
  CRM_ASSIGN_OR_RETURN(settings.token_keys,
                       ReadTokenKeys(config, settings.token_issuers));
  settings.token_audience = config.Get("CRM_TOKEN_AUDIENCE");
  settings.service_key_file = config.Get("CRM_SERVICE_KEY_FILE");
  settings.audit_key_file = config.Get("CRM_AUDIT_KEY_FILE");
  settings.audit_checkpoints = config.Get("CRM_AUDIT_CHECKPOINTS");
  CRM_ASSIGN_OR_RETURN(settings.audited_reads, ReadAuditedReads(config));
  settings.tls_dir = config.Get("CRM_TLS_DIR");
  settings.health_listen = config.Get(prefix + "HEALTH_LISTEN");
  CRM_ASSIGN_OR_RETURN(settings.secret, ReadFileOf(config, "CRM_SECRET_FILE"));
  CRM_RETURN_IF_ERROR(CheckPrivate(config.Get("CRM_SECRET_FILE")));
  if (settings.secret.size() < kMinSecretBytes) {
    return InvalidArgument(
        "BAD_CONFIG", absl::StrCat("CRM_SECRET_FILE: the file must hold at "
                                   "least ",
                                   kMinSecretBytes, " bytes."));
  }
  settings.roles = std::string(DefaultRoles());
  if (!config.Get("CRM_ROLES_FILE").empty()) {
    CRM_ASSIGN_OR_RETURN(settings.roles, ReadFileOf(config, "CRM_ROLES_FILE"));
  }
  CRM_ASSIGN_OR_RETURN(const int64_t mebibytes,
                       config.GetInt("CRM_DISK_MIN_FREE_MIB", 0, 1 << 20));
  settings.min_free_bytes = mebibytes << 20;
  CRM_ASSIGN_OR_RETURN(settings.min_free_fraction,
                       ReadFraction(config, "CRM_DISK_MIN_FREE_FRACTION"));
  CRM_ASSIGN_OR_RETURN(const int64_t ballast,
                       config.GetInt("CRM_DISK_BALLAST_MIB", 0, 1 << 20));
  settings.ballast_bytes = ballast << 20;
  CRM_ASSIGN_OR_RETURN(settings.contract_store, ReadContractMode(config));
  CRM_ASSIGN_OR_RETURN(settings.backup_interval,
                       config.GetDuration("CRM_BACKUP_INTERVAL"));
  CRM_ASSIGN_OR_RETURN(const int64_t backups,
                       config.GetInt("CRM_BACKUPS_KEPT", 1, 1000));
  settings.backups_kept = static_cast<int>(backups);
  CRM_ASSIGN_OR_RETURN(settings.admission, ReadAdmission(config));
  CRM_ASSIGN_OR_RETURN(settings.drain, config.GetDuration("CRM_DRAIN"));
  if (!config.Get("CRM_DRAIN_DELAY").empty()) {
    CRM_ASSIGN_OR_RETURN(settings.drain_delay,
                         config.GetDuration("CRM_DRAIN_DELAY"));
  }
  CRM_ASSIGN_OR_RETURN(settings.log_level,
                       ParseLogLevel(config.Get("CRM_LOG_LEVEL")));
  return settings;
}

}  // namespace crm
