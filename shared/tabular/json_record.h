// Newline-delimited JSON: an object a line, whose members are the columns.
//
//   `{"a":"x","b":{"c":1.5}}`  ->  {"a": "x", "b.c": "1.5"}

#ifndef CRM_SHARED_TABULAR_JSON_RECORD_H_
#define CRM_SHARED_TABULAR_JSON_RECORD_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// A line and how many bytes it takes, its end and empty lines before it
// included.
struct JsonLine {
  absl::string_view text;
  size_t size = 0;
};

// Returns the line that `content` begins with; nothing if it holds none that is
// whole. `at_end` says that nothing comes after `content`.
std::optional<JsonLine> ReadJsonLine(absl::string_view content, bool at_end);

// Returns the members of the object `text` as columns; those of nested objects
// by their path, the items of lists parted by semicolons, null as empty.
// Returns INVALID_ARGUMENT (MALFORMED_ROW) for what is no JSON object.
absl::StatusOr<std::map<std::string, std::string>> JsonColumns(
    absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_TABULAR_JSON_RECORD_H_
