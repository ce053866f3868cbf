// Records of comma-separated values (RFC 4180), written.
//
//   {"a", "b \"c\""}  ->  `"a","b ""c"""\r\n`

#ifndef CRM_SHARED_TABULAR_CSV_WRITER_H_
#define CRM_SHARED_TABULAR_CSV_WRITER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm {

// Appends a record of `fields`, each in quotes, and its end of line to `out`.
// Pure.
void AppendCsvRecord(const std::vector<std::string>& fields, char delimiter,
                     std::string& out);

// Returns `text` as a spreadsheet shows it without taking it for a formula:
// with an apostrophe before it, if it begins as one does and is no number.
// Pure.
std::string WithoutFormula(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_TABULAR_CSV_WRITER_H_
