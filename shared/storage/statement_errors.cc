#include "shared/storage/statement_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "shared/base/errors.h"

namespace crm {

absl::Status UniqueViolation(absl::string_view table,
                             absl::string_view columns) {
  return AlreadyExists(
      "UNIQUE_VIOLATION",
      absl::StrCat("Another row of '", table, "' has the same '", columns,
                   "'. Use another value."),
      {{"table", std::string(table)}, {"columns", std::string(columns)}});
}

absl::Status ConstraintViolation(absl::string_view engine_message) {
  return FailedPrecondition(
      "CONSTRAINT_VIOLATION",
      absl::StrCat("The store refuses the row: ", engine_message, "."));
}

absl::Status ResultTooLarge() {
  return ResourceExhausted(
      "RESULT_TOO_LARGE",
      "The result has too many rows or bytes. Ask for smaller pages.");
}

absl::Status DiskFull() {
  return ResourceExhausted(
      "DISK_FULL", "The disk of the store is full; nothing was written.");
}

absl::Status DiskLow() {
  return ResourceExhausted("DISK_LOW",
                           "The disk of the store is nearly full; writes are "
                           "refused until there is space.");
}

absl::Status ReadInterrupted() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "READ_INTERRUPTED",
                   "The read took too long and was stopped. Ask for less.");
}

absl::Status ReadersBusy() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "READERS_BUSY",
                   "No reader of the store was free in time. Try again.");
}

absl::Status StorageBusy() {
  return WithRetryAfter(
      Unavailable("STORAGE_BUSY",
                  "Another transaction is in the way. Try again."),
      absl::Milliseconds(200));
}

absl::Status StorageClosed() {
  return Unavailable("STORAGE_CLOSED",
                     "The store is closed because the service is stopping.");
}

absl::Status StorageUnusable(absl::string_view path, absl::string_view why) {
  return Unavailable("STORAGE_UNUSABLE",
                     absl::StrCat("The store '", path, "' cannot be used: ",
                                  absl::StripSuffix(why, "."), "."));
}

absl::Status WriteExpired() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "WRITE_EXPIRED",
                   "The deadline passed before the write began; nothing was "
                   "written.");
}

absl::Status WriteQueueFull() {
  return WithRetryAfter(
      Unavailable("OVERLOADED",
                  "Too many writes are waiting. Try again shortly."),
      absl::Milliseconds(200));
}

absl::Status CommitFailed(absl::string_view why) {
  return WithRetryAfter(
      Unavailable("COMMIT_FAILED",
                  absl::StrCat("The write could not be made durable: ",
                               absl::StripSuffix(why, "."),
                               ". Retry with the same request_id.")),
      absl::Seconds(1));
}

absl::Status CommitUnknown() {
  return WithRetryAfter(
      Unavailable("COMMIT_UNKNOWN",
                  "The connection to the store broke during the commit, so "
                  "the write may be stored or not. To retry with the same "
                  "request_id is safe."),
      absl::Seconds(1));
}

absl::Status StatementTimeout() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT",
                   "The deadline passed during the write; nothing was "
                   "written.");
}

absl::Status StorageUnreachable(absl::string_view why) {
  return WithRetryAfter(
      Unavailable("STORAGE_UNREACHABLE",
                  absl::StrCat("The server of the store cannot be reached: ",
                               absl::StripSuffix(why, "."), ".")),
      absl::Seconds(1));
}

absl::Status TransactionConflict() {
  return Aborted("TRANSACTION_CONFLICT",
                 "Others changed the same rows at the same time; nothing was "
                 "written. Try again.");
}

absl::Status StorageError(absl::string_view engine_message) {
  return Internal(
      "STORAGE_ERROR",
      absl::StrCat("The store refused a statement: ", engine_message, "."));
}

absl::Status DatabaseLocked(absl::string_view path) {
  return FailedPrecondition(
      "DATABASE_LOCKED",
      absl::StrCat("'", path,
                   "' is open in another process. Stop that one first."),
      path);
}

}  // namespace crm
