// Reads the columns of a row whose types the statement fixes.

#ifndef CRM_SHARED_EVENTS_SQL_VALUES_H_
#define CRM_SHARED_EVENTS_SQL_VALUES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/base/errors.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the integer in a column, or `fallback` for NULL and other types.
inline int64_t IntegerOr(const SqlRow& row, size_t column, int64_t fallback) {
  const int64_t* value =
      column < row.size() ? std::get_if<int64_t>(&row[column]) : nullptr;
  return value == nullptr ? fallback : *value;
}

// Return the text or the bytes of a column, or INTERNAL (COLUMN_TYPE). The
// bytes are those of the row.
inline absl::StatusOr<std::string> TextAt(const SqlRow& row, size_t column) {
  const std::string* value =
      column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
  if (value == nullptr) {
    return Internal("COLUMN_TYPE", "A column does not hold text.");
  }
  return *value;
}
inline absl::StatusOr<absl::string_view> BytesAt(const SqlRow& row,
                                                 size_t column) {
  const SqlBlob* value =
      column < row.size() ? std::get_if<SqlBlob>(&row[column]) : nullptr;
  if (value == nullptr) {
    return Internal("COLUMN_TYPE", "A column does not hold bytes.");
  }
  return absl::string_view(value->bytes);
}

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_SQL_VALUES_H_
