// Has SQLite itself refuse to change or delete rows of a table.

#ifndef CRM_SHARED_STORAGE_SQLITE_APPEND_ONLY_H_
#define CRM_SHARED_STORAGE_SQLITE_APPEND_ONLY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/storage/database.h"

namespace crm {

// Makes `table`, which exists, append-only by triggers, unless it is. Whoever
// owns the file can drop them; they are a guard against our own mistakes.
// Returns the errors of SqlWriter::Execute.
absl::Status MakeAppendOnly(SqlWriter& writer, absl::string_view table);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_APPEND_ONLY_H_
