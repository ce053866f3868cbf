// The rows of one step of an import, read from a window of its input.

#ifndef CRM_SHARED_RESOURCE_IMPORT_ROWS_H_
#define CRM_SHARED_RESOURCE_IMPORT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/import_record.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/protobuf/message.h"
#include "shared/resource/catalog.h"
#include "shared/resource/import_input.h"
#include "shared/resource/import_mapping.h"

namespace crm {

// A row: a resource, or what is wrong with it.
struct ImportRow {
  // From 1.
  int64_t number = 0;
  absl::string_view text;
  absl::Status status;
  std::unique_ptr<google::protobuf::Message> resource;
};

// The rows of a step.
struct ImportRows {
  std::vector<ImportRow> rows;
  // How many bytes of the window they take.
  size_t size = 0;
  // Whether the input ends with them.
  bool finished = false;
};

// Reads rows from `window`, which begins where `checkpoint` says, and outlives
// them: at most kImportBatch, and none whose resource has the name of one
// before it, as rows of a step share no order. Reads the names of the columns
// first and keeps them in `checkpoint`. No rows and not finished: the input has
// no whole row yet.
//
// Returns INVALID_ARGUMENT where no more rows can be read: IMPORT_COLUMN_*,
// IMPORT_HEADER_TOO_LARGE, IMPORT_ROW_TOO_LARGE.
absl::StatusOr<ImportRows> ReadImportRows(
    const Resource& resource, const platform::v1::ImportPlan& plan,
    const ImportMapping& mapping, const ImportWindow& window,
    internal::v1::ImportCheckpoint& checkpoint);

// Moves `checkpoint` on by `size` bytes of `window`.
void AdvanceInput(const ImportWindow& window, size_t size,
                  internal::v1::ImportCheckpoint& checkpoint);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_ROWS_H_
