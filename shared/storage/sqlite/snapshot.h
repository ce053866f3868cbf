// Copies of a SQLite store that is in use: taken by SQLite in one read
// transaction, never by copying files.

#ifndef CRM_SHARED_STORAGE_SQLITE_SNAPSHOT_H_
#define CRM_SHARED_STORAGE_SQLITE_SNAPSHOT_H_

#include <string>

#include "absl/status/status.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

// Writes a copy of the store as of now to `target`, which appears whole and on
// disk, or not at all; what was there is replaced. Writers are not held up,
// but the store's log cannot be reset meanwhile. Thread-safe.
//
// Returns RESOURCE_EXHAUSTED DISK_LOW if the copy would leave less space than
// the options ask for, DISK_FULL, UNAVAILABLE STORAGE_UNUSABLE, and the errors
// of a statement.
absl::Status SnapshotSqlite(const SqliteOptions& options,
                            const std::string& target);

// Has what was written to the file or folder `path` reach the disk. Returns
// UNAVAILABLE STORAGE_UNUSABLE. Thread-safe.
absl::Status SyncToDisk(const std::string& path);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SNAPSHOT_H_
