// The audit trail of a service's process, as its settings have it.

#ifndef CRM_SERVICES_HOST_OPEN_AUDIT_H_
#define CRM_SERVICES_HOST_OPEN_AUDIT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "services/host/settings.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/resource/audit/audit_keeper.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// Has the store itself refuse to change or delete audit entries and their
// chain, where `database` is an embedded one. A store that other processes
// reach has users with rights: there the service's must not have UPDATE and
// DELETE on `auditentries` and `audit_chain`.
absl::Status KeepAuditTrail(const Database& database,
                            const ResourceCatalog& catalog, SqlWriter& writer);

// Returns a keeper that signs checkpoints with the key that the settings name,
// and writes them where they say. Not started yet; all but the settings outlive
// it. Returns what is wrong with the key or the place.
absl::StatusOr<std::unique_ptr<AuditKeeper>> OpenAudit(
    const HostSettings& settings, Database& database,
    const ResourceCatalog& catalog, std::vector<AuditSource*> sources,
    const Clock& clock, Logger& logger);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_OPEN_AUDIT_H_
