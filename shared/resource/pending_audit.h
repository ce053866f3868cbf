// Audit entries that stand for no event, and so have no place in the order of
// events: they wait here until the chain of the tenant takes them in.

#ifndef CRM_SHARED_RESOURCE_PENDING_AUDIT_H_
#define CRM_SHARED_RESOURCE_PENDING_AUDIT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Returns the table of those entries' names.
SqlTable PendingAuditTable();

// Marks an entry that has no event, in the transaction that writes it.
absl::Status AddPendingAudit(SqlWriter& writer, absl::string_view tenant,
                             absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_PENDING_AUDIT_H_
