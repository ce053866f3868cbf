// The rows that wait to be imported: parts of bytes, as they came.
//
// Parts are numbered in their order. Those that were cut anywhere count 1, 2,
// 3; those that hold whole rows have the number of their first row.

#ifndef CRM_SHARED_RESOURCE_IMPORT_INPUT_H_
#define CRM_SHARED_RESOURCE_IMPORT_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/imports.pb.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/transaction.h"
#include "shared/storage/database.h"

namespace crm {

// The most bytes that wait for an import; more are refused until it has caught
// up.
inline constexpr int64_t kMaxWaitingBytes = int64_t{64} << 20;

// Returns the table of parts. Those that were worked on keep their row, without
// their bytes.
SqlTable ImportInputTable();

// What is known of the parts of an import.
struct ImportParts {
  // The number that the next part has.
  int64_t next = 1;
  int64_t waiting_bytes = 0;
  // Whether the last part has come.
  bool ended = false;
  // Whether the parts there are hold whole rows, as those of a stream do.
  bool any = false;
  bool of_rows = false;
};

absl::StatusOr<ImportParts> PartsOf(SqlReader& reader, absl::string_view tenant,
                                    absl::string_view operation);

// A part to be stored.
struct ImportPart {
  int64_t number = 0;
  std::string content;
  bool last = false;
  // How many rows it is; nothing if it was cut anywhere.
  std::optional<int64_t> row_count = std::nullopt;
};

// Finds the import that the caller feeds, also one that is done. Returns
// NOT_FOUND, also for an import of another caller, and FAILED_PRECONDITION
// (NOT_AN_IMPORT).
absl::StatusOr<StoredOperation> FindImport(const Kernel& kernel,
                                           const Transaction& transaction,
                                           const CallContext& call,
                                           const std::string& name);

// Says whether anything may follow the parts there are: returns
// FAILED_PRECONDITION (IMPORT_INPUT_ENDED; OPERATION_DONE if the import ended
// before its rows did).
absl::Status CheckOpen(const StoredOperation& operation,
                       const ImportParts& parts);

// Returns RESOURCE_EXHAUSTED (IMPORT_BEHIND) if `bytes` more would be too many.
absl::Status CheckRoom(const ImportParts& parts, size_t bytes);

// Stores `part`, with an audit entry, and has the import go on.
absl::Status AddImportPart(const Kernel& kernel, Transaction& transaction,
                           StoredOperation operation, ImportPart part,
                           const std::string& request_id);

// Stores the part of `request` for the import that it names, and has the import
// go on. Beside what the method says it returns: NOT_FOUND, also for an import
// of another caller, and FAILED_PRECONDITION (NOT_AN_IMPORT, OPERATION_DONE,
// IMPORT_INPUT_ENDED, IMPORT_PART_DIFFERS, IMPORT_FED_OTHERWISE).
absl::StatusOr<platform::v1::AddImportRowsResponse> AddImportRows(
    const Kernel& kernel, Transaction& transaction, const CallContext& call,
    const platform::v1::AddImportRowsRequest& request);

// Some bytes of the input.
struct ImportWindow {
  std::string bytes;
  // Whether nothing comes after them.
  bool at_end = false;
  // The number of each part in it, and where in `bytes` it ends.
  std::vector<std::pair<int64_t, size_t>> parts;
  // Where in the first part the bytes begin.
  int64_t offset = 0;
  // The number of the last part that was there, and of the one that follows it.
  int64_t last_part = 0;
  int64_t next_part = 1;
};

// Returns the bytes from `offset` of part `part` on: whole parts, until they
// are `wanted` or there are no more.
absl::StatusOr<ImportWindow> ReadImportWindow(SqlReader& reader,
                                              absl::string_view tenant,
                                              absl::string_view operation,
                                              int64_t part, int64_t offset,
                                              size_t wanted);

// Gives up the bytes of the parts before `part`.
absl::Status DropImportParts(SqlWriter& writer, absl::string_view tenant,
                             absl::string_view operation, int64_t part);

// Returns whether there is a part after `part`.
absl::StatusOr<bool> HasImportPartAfter(SqlReader& reader,
                                        absl::string_view tenant,
                                        absl::string_view operation,
                                        int64_t part);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_INPUT_H_
