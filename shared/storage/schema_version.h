// The row of the table `schema_version`, which PlanMigration() makes: what a
// store says of the schema that it has.

#ifndef CRM_SHARED_STORAGE_SCHEMA_VERSION_H_
#define CRM_SHARED_STORAGE_SCHEMA_VERSION_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/storage/database.h"
#include "shared/storage/migration.h"

namespace crm {

// Returns the row, or nothing while there is none. The table exists.
absl::StatusOr<std::optional<SchemaVersion>> ReadSchemaVersion(
    SqlReader& reader);

// Stores it in place of what was there.
absl::Status StoreSchemaVersion(SqlWriter& writer,
                                const SchemaVersion& version);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SCHEMA_VERSION_H_
