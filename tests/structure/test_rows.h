// Which rows of the capability list the tests show, and which faults (F01 and
// so on) are survived: taken from their names.

#ifndef CRM_TESTS_STRUCTURE_TEST_ROWS_H_
#define CRM_TESTS_STRUCTURE_TEST_ROWS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/structure/source_tree.h"

namespace crm::structure {

// Returns the rows that a test's name carries, in their order:
//   TotalsAreExact_OP_04_E01  ->  OP-04, E01
std::vector<std::string> RowsOf(absl::string_view test_name);

// Returns the text of tests/rows.txt: a line `row file test` for each row that
// a test carries, sorted. Tests are GoogleTest's in .cc and node's in .mjs
// files.
std::string RowsText(const std::vector<SourceFile>& files);

}  // namespace crm::structure

#endif  // CRM_TESTS_STRUCTURE_TEST_ROWS_H_
