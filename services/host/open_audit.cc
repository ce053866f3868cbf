#include "services/host/open_audit.h"

#include <utility>

#include "shared/auth/private_key.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/append_only.h"

namespace crm {

absl::Status KeepAuditTrail(const Database& database,
                            const ResourceCatalog& catalog, SqlWriter& writer) {
  // Only an embedded store has no clock of its own.
  if (!database.TimeSql().empty()) return absl::OkStatus();
  const Resource* entries =
      catalog.Find(platform::v1::AuditEntry::descriptor());
  CRM_RETURN_IF_ERROR(MakeAppendOnly(writer, entries->schema.table()));
  return MakeAppendOnly(writer, "audit_chain");
}

absl::StatusOr<std::unique_ptr<AuditKeeper>> OpenAudit(
    const HostSettings& settings, Database& database,
    const ResourceCatalog& catalog, std::vector<AuditSource*> sources,
    const Clock& clock, Logger& logger) {
  AuditKeeper::Options options;
  options.service = settings.service;
  if (!settings.audit_key_file.empty()) {
    CRM_ASSIGN_OR_RETURN(options.key,
                         PrivateKey::ReadFile(settings.audit_key_file));
    CRM_ASSIGN_OR_RETURN(options.sink,
                         CheckpointSink(settings.audit_checkpoints));
  }
  return std::make_unique<AuditKeeper>(database, catalog, std::move(sources),
                                       clock, logger, std::move(options));
}

}  // namespace crm
