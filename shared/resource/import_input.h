// The rows that wait to be imported: parts of bytes, as they came.

#ifndef CRM_SHARED_RESOURCE_IMPORT_INPUT_H_
#define CRM_SHARED_RESOURCE_IMPORT_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/imports.pb.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"
#include "shared/storage/database.h"

namespace crm {

// The most bytes that wait for an import; more are refused until it has caught
// up.
inline constexpr int64_t kMaxWaitingBytes = int64_t{64} << 20;

// Returns the table of parts. Those that were worked on keep their row, without
// their bytes.
SqlTable ImportInputTable();

// Stores the part of `request` for the import that it names, and has the import
// go on. Beside what the method says it returns: NOT_FOUND, also for an import
// of another caller, and FAILED_PRECONDITION (NOT_AN_IMPORT, OPERATION_DONE,
// IMPORT_INPUT_ENDED, IMPORT_PART_DIFFERS).
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
  // The number of the last part that was there.
  int64_t last_part = 0;
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
