// Rules that a file keeps by itself: what it includes, its header guard, its
// size, and that nobody generated it.

#ifndef CRM_TESTS_STRUCTURE_FILE_RULES_H_
#define CRM_TESTS_STRUCTURE_FILE_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/structure/source_tree.h"

namespace crm::structure {

// No .cc, .h or .proto has more lines.
inline constexpr int kMaxLines = 450;
// The same of a proto file, which states a resource with all of its methods and
// messages.
inline constexpr int kMaxProtoLines = 600;

// Returns a finding for each include that points up or sideways, that names a
// client library of another folder, or that is not given from the root. Empty
// for what is not C++.
std::vector<Finding> CheckIncludes(const SourceFile& file);

// Returns the guard of the header at `path`: CRM_SHARED_BASE_CLOCK_H_.
std::string GuardFor(absl::string_view path);

// Returns a finding unless `file`, if a header, opens and closes with its
// guard.
std::vector<Finding> CheckGuard(const SourceFile& file);

// Returns a finding if `file` is C++ or a proto of more than kMaxLines lines.
std::vector<Finding> CheckSize(const SourceFile& file);

// Returns a finding if `file` is what a generator writes.
std::vector<Finding> CheckWritten(const SourceFile& file);

}  // namespace crm::structure

#endif  // CRM_TESTS_STRUCTURE_FILE_RULES_H_
