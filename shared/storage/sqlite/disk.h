// What the disk under a SQLite file must offer.

#ifndef CRM_SHARED_STORAGE_SQLITE_DISK_H_
#define CRM_SHARED_STORAGE_SQLITE_DISK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

// Returns FAILED_PRECONDITION NETWORK_FILESYSTEM when the folder of the file is
// on NFS, SMB or FUSE and the options do not allow it, and UNAVAILABLE
// STORAGE_UNUSABLE when it does not exist. Thread-safe.
absl::Status CheckFilesystem(const SqliteOptions& options);

// Returns RESOURCE_EXHAUSTED DISK_LOW when less is free than the options ask
// for, once `reserved_bytes` are used. One system call. Thread-safe.
absl::Status CheckFreeSpace(const SqliteOptions& options,
                            int64_t reserved_bytes = 0);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_DISK_H_
