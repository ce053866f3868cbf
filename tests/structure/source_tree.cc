#include "tests/structure/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace crm::structure {
namespace {

namespace fs = std::filesystem;

// Below these nothing is ours.
const std::set<std::string>& SkippedFolders() {
  static const auto* const folders =
      new std::set<std::string>{".crm", ".git", "build", "node_modules"};
  return *folders;
}

bool IsSource(const fs::path& path) {
  static const auto* const extensions = new std::set<std::string>{
      ".cc", ".cmake", ".h", ".mjs", ".proto", ".py", ".sh"};
  return extensions->count(path.extension().string()) > 0 ||
         path.filename() == "CMakeLists.txt";
}

}  // namespace

std::string ToText(const Finding& finding) {
  if (finding.line == 0) return absl::StrCat(finding.path, ": ", finding.what);
  return absl::StrCat(finding.path, ":", finding.line, ": ", finding.what);
}

std::string ToText(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    absl::StrAppend(&text, ToText(finding), "\n");
  }
  return text;
}

absl::string_view FolderIn(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view()
                                          : path.substr(0, slash);
}

absl::StatusOr<std::vector<SourceFile>> ReadTree(const std::string& root) {
  if (!fs::exists(fs::path(root) / "shared" / "base" / "CMakeLists.txt")) {
    return absl::NotFoundError(
        absl::StrCat("'", root, "' is not the root of the tree."));
  }
  std::vector<SourceFile> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (const fs::recursive_directory_iterator end; entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (entry->is_directory(error)) {
      if (SkippedFolders().count(path.filename().string()) > 0) {
        entry.disable_recursion_pending();
      }
    } else if (IsSource(path)) {
      std::ifstream file(path, std::ios::binary);
      files.push_back(
          {.path = fs::relative(path, root).generic_string(),
           .text = std::string(std::istreambuf_iterator<char>(file), {})});
    }
  }
  std::sort(
      files.begin(), files.end(),
      [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace crm::structure
