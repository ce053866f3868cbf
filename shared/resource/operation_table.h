// The stored operations of a service: who may work on which, how far each has
// come, and what it has produced.
//
// One column says when an operation is due: before its end when a worker may
// take it, which is when the lease of the worker that has it runs out; after
// its end when it is forgotten. Each taking raises the epoch, and every write
// of a worker is for its own epoch only, so one that was too slow writes
// nothing.

#ifndef CRM_SHARED_RESOURCE_OPERATION_TABLE_H_
#define CRM_SHARED_RESOURCE_OPERATION_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/operation_record.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/storage/database.h"

namespace crm {

// For how long an operation that is done is kept, with its output.
inline constexpr absl::Duration kOperationRetention = absl::Hours(7 * 24);
// The longest that a worker lets an operation wait before the next try.
inline constexpr absl::Duration kLongestOperationWait = absl::Minutes(2);

// An operation as it is stored.
struct StoredOperation {
  std::string tenant;
  // As `operations/operational-...`.
  std::string name;
  bool done = false;
  absl::Time due_time;
  int64_t epoch = 0;
  internal::v1::OperationRecord record;
};

// Returns the tables of operations, of what they read and write, and of what
// their rows did.
std::vector<SqlTable> OperationTables();

// Stores a new operation that is due at once.
absl::Status InsertOperation(SqlWriter& writer,
                             const StoredOperation& operation);

// Returns the operation called `name`, or nothing.
absl::StatusOr<std::optional<StoredOperation>> FindOperation(
    SqlReader& reader, absl::string_view tenant, absl::string_view name);

// Returns how many operations of `tenant` are not done.
absl::StatusOr<int64_t> CountActive(SqlReader& reader,
                                    absl::string_view tenant);

// Takes `operation`: raises its epoch, there and in the store, so that whoever
// had it can write it no more. Returns ABORTED (OPERATION_TAKEN) if its epoch
// is not the stored one or it is done.
absl::Status TakeOperation(SqlWriter& writer, StoredOperation& operation);

// Stores `operation` where its epoch is still the stored one. Returns ABORTED
// (OPERATION_TAKEN) if it is not.
absl::Status SaveOperation(SqlWriter& writer, const StoredOperation& operation);

// Moves the end of the lease of `operation`, as SaveOperation does.
absl::Status RenewOperation(SqlWriter& writer, const StoredOperation& operation,
                            absl::Time due_time);

// Returns the first few operations of `methods` that a worker may take at
// `now`, the longest due first. One that is due later than any wait allows was
// put off by a clock that has been set back since, and may be taken too.
absl::StatusOr<std::vector<StoredOperation>> DueOperations(
    SqlReader& reader, const std::vector<std::string>& methods, absl::Time now);

// Returns a page of operations, the newest first: those of `creator` only,
// unless it is empty; after the one called `after`, unless that is empty; for
// which `where` is true.
absl::StatusOr<std::vector<StoredOperation>> ListOperations(
    SqlReader& reader, absl::string_view tenant, absl::string_view creator,
    absl::string_view after, const SqlFragment& where, int limit);

// Forgets up to `limit` operations whose time is over. Returns how many.
absl::StatusOr<int64_t> ForgetOperations(SqlWriter& writer, absl::Time now,
                                         int64_t limit);

// Adds a part to the output of an operation; parts count from 0.
absl::Status AppendOutput(SqlWriter& writer, absl::string_view tenant,
                          absl::string_view name, int64_t part,
                          const std::string& content);

// Returns a part of the output of an operation, or nothing.
absl::StatusOr<std::optional<std::string>> ReadOutput(SqlReader& reader,
                                                      absl::string_view tenant,
                                                      absl::string_view name,
                                                      int64_t part);

// Returns `operation` as clients see it; `verb` and `target` as its metadata
// has them.
google::longrunning::Operation ToOperation(const StoredOperation& operation,
                                           absl::string_view verb,
                                           absl::string_view target);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_TABLE_H_
