// Our own files as the structure tests see them: text by path.

#ifndef CRM_TESTS_STRUCTURE_SOURCE_TREE_H_
#define CRM_TESTS_STRUCTURE_SOURCE_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::structure {

struct SourceFile {
  // From the root of the tree, as `shared/base/clock.h`.
  std::string path;
  std::string text;
};

// What is wrong, and where. `line` is 0 when it is the file as a whole.
struct Finding {
  std::string path;
  int line = 0;
  std::string what;

  bool operator==(const Finding&) const = default;
};

// Prints `path:line: what`, as compilers do.
std::string ToText(const Finding& finding);

// Returns one line a finding, or "" without any.
std::string ToText(const std::vector<Finding>& findings);

// Returns the folder of `path`, "" at the root.
absl::string_view FolderIn(absl::string_view path);

// Returns every text file below `root` that is ours, sorted by path: not what
// is fetched (node_modules), built or kept by a running instance. Returns
// NOT_FOUND if `root` is not the root of the tree.
absl::StatusOr<std::vector<SourceFile>> ReadTree(const std::string& root);

}  // namespace crm::structure

#endif  // CRM_TESTS_STRUCTURE_SOURCE_TREE_H_
