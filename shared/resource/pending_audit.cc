#include "shared/resource/pending_audit.h"

#include <string>

namespace crm {

SqlTable PendingAuditTable() {
  return {.name = "audit_pending",
          .columns = {{"tenant", SqlType::kText, false, {}},
                      {"name", SqlType::kText, false, {}}},
          .primary_key = {"tenant", "name"},
          .clustered = true};
}

absl::Status AddPendingAudit(SqlWriter& writer, absl::string_view tenant,
                             absl::string_view name) {
  return writer.Post("INSERT INTO audit_pending (tenant, name) VALUES (?, ?)",
                     {std::string(tenant), std::string(name)});
}

}  // namespace crm
