// Turns SQLite's result codes into statuses.

#ifndef CRM_SHARED_STORAGE_SQLITE_SQLITE_ERROR_H_
#define CRM_SHARED_STORAGE_SQLITE_SQLITE_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace crm {

// Returns the status, as listed in database.h, of an extended result code and
// SQLite's message for it. Thread-safe.
absl::Status SqliteError(int extended_code, absl::string_view message);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SQLITE_ERROR_H_
