// Brings a SQLite file to a schema.

#ifndef CRM_SHARED_STORAGE_SQLITE_SQLITE_MIGRATION_H_
#define CRM_SHARED_STORAGE_SQLITE_SQLITE_MIGRATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "shared/storage/database.h"
#include "shared/storage/migration.h"

namespace crm {

// How SQLite writes a schema, and the one that a file has.
const SqlDialect& SqliteDialect();
absl::StatusOr<PresentSchema> ReadSqliteSchema(SqlReader& reader);

// Returns a name for the change that a migration of a store that is not empty
// would make, by version and checksum; empty if it would make none. Errors as
// MigrateSqlite.
absl::StatusOr<std::string> DescribeSqliteChange(SqlReader& reader,
                                                 const SqlSchema& schema);

// Migrates within the transaction of `writer`, as Database::Migrate describes.
// `schema` is valid.
absl::StatusOr<MigrationResult> MigrateSqlite(SqlWriter& writer,
                                              const SqlSchema& schema);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SQLITE_MIGRATION_H_
