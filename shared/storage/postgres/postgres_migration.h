// Brings a PostgreSQL database to a schema.

#ifndef CRM_SHARED_STORAGE_POSTGRES_POSTGRES_MIGRATION_H_
#define CRM_SHARED_STORAGE_POSTGRES_POSTGRES_MIGRATION_H_

#include "absl/status/statusor.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/connection_source.h"

namespace crm {

// Migrates as Database::Migrate describes, in one transaction. Several
// processes may do so at once: the row of the table `schema_lock` lets one
// after the other in, and those that come later find the work done. `schema` is
// valid.
absl::StatusOr<MigrationResult> MigratePostgres(
    ConnectionSource& source, const SqlSchema& schema,
    const Database::WriteBody& then);

// Contracts, as Database::Contract() describes, in one step: the index that
// prepares a key becomes the key. This is PostgreSQL's own; relatives that
// cannot do it refuse the statement and stay as they are.
absl::StatusOr<bool> ContractPostgres(ConnectionSource& source,
                                      const SqlSchema& schema,
                                      const Database::WriteBody& check);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_POSTGRES_MIGRATION_H_
