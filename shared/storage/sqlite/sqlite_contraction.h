// Makes a SQLite store one that older programs cannot share any more: a table
// gets its primary key, in place of a former one, by way of a copy.
//
// The copy is filled step by step while the table is written to; triggers keep
// in it what changes meanwhile. Each step is one transaction, so a process that
// dies goes on where it was.

#ifndef CRM_SHARED_STORAGE_SQLITE_SQLITE_CONTRACTION_H_
#define CRM_SHARED_STORAGE_SQLITE_SQLITE_CONTRACTION_H_

#include "absl/status/statusor.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Whether steps would copy tables.
absl::StatusOr<bool> ContractionCopies(SqlReader& reader,
                                       const SqlSchema& schema);

// Takes the next step and returns whether there is another one, as
// Database::Contract() does.
absl::StatusOr<bool> ContractSqlite(SqlWriter& writer, const SqlSchema& schema);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SQLITE_CONTRACTION_H_
