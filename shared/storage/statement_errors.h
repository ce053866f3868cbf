// The errors that every engine reports alike; database.h lists when.

#ifndef CRM_SHARED_STORAGE_STATEMENT_ERRORS_H_
#define CRM_SHARED_STORAGE_STATEMENT_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace crm {

// `columns` is a list parted by commas, as in `tenant,email`.
absl::Status UniqueViolation(absl::string_view table,
                             absl::string_view columns);
absl::Status ConstraintViolation(absl::string_view engine_message);
absl::Status ResultTooLarge();
absl::Status DiskFull();
absl::Status DiskLow();
absl::Status ReadInterrupted();
absl::Status ReadersBusy();
absl::Status StorageBusy();
absl::Status StorageClosed();
absl::Status StorageUnusable(absl::string_view path, absl::string_view why);
absl::Status WriteExpired();
absl::Status WriteQueueFull();
absl::Status CommitFailed(absl::string_view why);
absl::Status CommitUnknown();
absl::Status StatementTimeout();
absl::Status StorageUnreachable(absl::string_view why);
absl::Status TransactionConflict();
absl::Status StorageError(absl::string_view engine_message);

absl::Status DatabaseLocked(absl::string_view path);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_STATEMENT_ERRORS_H_
