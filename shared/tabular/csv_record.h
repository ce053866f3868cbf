// One record after another of comma-separated values (RFC 4180), out of bytes
// that come in parts.
//
//   `a,"b ""c""\nd"\r\ne,f\r\n`  ->  {"a", "b \"c\"\nd"}, then {"e", "f"}

#ifndef CRM_SHARED_TABULAR_CSV_RECORD_H_
#define CRM_SHARED_TABULAR_CSV_RECORD_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm {

// The most values of a record; one with more is malformed.
inline constexpr size_t kMaxRecordFields = 1'000;

// A record and how many bytes it takes, its end of line and empty lines before
// it included.
struct CsvRecord {
  std::vector<std::string> fields;
  size_t size = 0;
  // Whether its quotes are wrong: then it is a line without fields, and the
  // next record begins on the next line.
  bool malformed = false;
};

// Returns the record that `content` begins with; nothing if it holds none that
// is whole. `at_end` says that nothing comes after `content`. Spaces around
// unquoted values are left out. Pure; takes time in proportion to the record.
std::optional<CsvRecord> ReadCsvRecord(absl::string_view content,
                                       char delimiter, bool at_end);

}  // namespace crm

#endif  // CRM_SHARED_TABULAR_CSV_RECORD_H_
