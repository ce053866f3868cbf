// The floors of the tree: which folder may see which other one, and which may
// see a client library. shared/README.md tells the same in words.

#ifndef CRM_TESTS_STRUCTURE_FLOORS_H_
#define CRM_TESTS_STRUCTURE_FLOORS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace crm::structure {

// Returns the folder, one that is a CMake target, which `path` belongs to:
//   services/operational/handlers/lead.h  ->  services/operational
//   shared/storage/sqlite/pragmas.h       ->  shared/storage/sqlite
// "" for a path of none of them. A folder of shared/ or gateway/ that has no
// floor yet is returned too, and may neither see nor be seen.
std::string TargetFolderOf(absl::string_view path);

// Whether code of folder `from` may include headers of folder `to`, both being
// results of TargetFolderOf.
bool MaySee(absl::string_view from, absl::string_view to);

// Whether code of `folder` may include header `include`, if that is one of a
// client library which only one folder knows: hiredis, SQLite, DuckDB, gRPC,
// nghttp2, Boost, httplib, libphonenumber, Eigen. True for every other header.
bool MaySeeLibraryHeader(absl::string_view folder, absl::string_view include);

// The same for CMake targets, as `PkgConfig::HIREDIS`.
bool MayLinkLibrary(absl::string_view folder, absl::string_view target);

}  // namespace crm::structure

#endif  // CRM_TESTS_STRUCTURE_FLOORS_H_
