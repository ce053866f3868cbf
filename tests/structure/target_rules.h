// Rules of the CMake files: a target links only what its folder may include,
// and lists its sources.

#ifndef CRM_TESTS_STRUCTURE_TARGET_RULES_H_
#define CRM_TESTS_STRUCTURE_TARGET_RULES_H_

#include <string>
#include <vector>

#include "tests/structure/source_tree.h"

namespace crm::structure {

// A crm_library or crm_binary, as its CMake file declares it.
struct Target {
  std::string name;
  // The file that declares it, and the folder it is the target of.
  std::string declared_in;
  int line = 0;
  std::string folder;
  // From the root of the tree.
  std::vector<std::string> sources;
  // Public and private ones.
  std::vector<std::string> deps;
};

// Returns the targets that a CMake file declares; none for other files.
std::vector<Target> TargetsIn(const SourceFile& file);

// Returns a finding for each dependency that its target's folder may not see,
// each folder with two libraries, each CMake file of our code that globs or
// that links past the lists, and each source that no target lists or that two
// do. Test folders may link what they like.
std::vector<Finding> CheckTargets(const std::vector<SourceFile>& files);

}  // namespace crm::structure

#endif  // CRM_TESTS_STRUCTURE_TARGET_RULES_H_
