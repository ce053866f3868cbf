#include "tests/structure/target_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"
#include "tests/structure/floors.h"

namespace crm::structure {
namespace {

// Targets of ours that are no folder's: generated code.
bool IsGeneratedCode(const std::string& target) {
  return target == "crm_proto_headers" || target == "crm_protos" ||
         target == "crm_reflection_v1alpha";
}

bool IsCMake(absl::string_view path) {
  return absl::EndsWith(path, ".cmake") ||
         absl::EndsWith(path, "CMakeLists.txt");
}

bool IsOurCode(absl::string_view path) {
  return absl::StartsWith(path, "shared/") ||
         absl::StartsWith(path, "services/") ||
         absl::StartsWith(path, "gateway/");
}

// Blanks comments out; lines keep their numbers.
std::string WithoutComments(absl::string_view text) {
  std::string result;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::StrAppend(&result, line.substr(0, line.find('#')), "\n");
  }
  return result;
}

int LineAt(absl::string_view text, const char* position) {
  return 1 + static_cast<int>(std::count(text.begin(), position, '\n'));
}

bool IsKeyword(absl::string_view word) {
  return word == "SOURCES" || word == "DEPS" || word == "PRIVATE_DEPS";
}

// Sorts the words behind a target's name into its lists.
void FillTarget(const std::vector<absl::string_view>& words, Target* target) {
  const std::string folder(FolderIn(target->declared_in));
  absl::string_view list;
  for (size_t i = 1; i < words.size(); ++i) {
    if (IsKeyword(words[i])) {
      list = words[i];
    } else if (list == "SOURCES") {
      target->sources.push_back(absl::StrCat(folder, "/", words[i]));
    } else {
      target->deps.emplace_back(words[i]);
    }
  }
}

using FolderOfTarget = std::map<std::string, std::string>;

void CheckDeps(const Target& target, const FolderOfTarget& folders,
               std::vector<Finding>* findings) {
  const auto report = [&](absl::string_view what) {
    findings->push_back({target.declared_in, target.line,
                         absl::StrCat("'", target.name, "' ", what)});
  };
  for (const std::string& dep : target.deps) {
    if (!MayLinkLibrary(target.folder, dep)) {
      report(absl::StrCat("must not link '", dep, "'."));
    } else if (absl::StartsWith(dep, "crm_") && !IsGeneratedCode(dep) &&
               dep != "crm_duckdb_client") {
      const auto found = folders.find(dep);
      if (found == folders.end()) {
        report(absl::StrCat("links '", dep, "', which no folder declares."));
      } else if (!MaySee(target.folder, found->second)) {
        report(absl::StrCat("must not link '", dep,
                            "': it is not of a lower floor."));
      }
    }
  }
}

void CheckCommands(const SourceFile& file, std::vector<Finding>* findings) {
  static const auto* const kGlob =
      new RE2(R"((?i)(file\s*\(\s*GLOB|aux_source_directory))");
  static const auto* const kLink =
      new RE2(R"((?i)(target_link_libraries|link_libraries|add_library|)"
              R"(add_executable)\s*\()");
  const std::string text = WithoutComments(file.text);
  re2::StringPiece match;
  if (RE2::PartialMatch(text, *kGlob, &match)) {
    findings->push_back({file.path, LineAt(text, match.data()),
                         "globs; sources are listed by name."});
  }
  if (IsOurCode(file.path) && RE2::PartialMatch(text, *kLink, &match)) {
    findings->push_back({file.path, LineAt(text, match.data()),
                         absl::StrCat("calls ", std::string(match),
                                      "; use crm_library or crm_binary.")});
  }
}

}  // namespace

std::vector<Target> TargetsIn(const SourceFile& file) {
  static const auto* const kTarget =
      new RE2(R"(\b(crm_library|crm_binary)\s*\(([^)]*)\))");
  if (!IsCMake(file.path) || !IsOurCode(file.path)) return {};
  std::vector<Target> targets;
  const std::string text = WithoutComments(file.text);
  re2::StringPiece rest(text);
  re2::StringPiece kind;
  re2::StringPiece body;
  while (RE2::FindAndConsume(&rest, *kTarget, &kind, &body)) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(absl::string_view(body.data(), body.size()),
                       absl::ByAnyChar(" \n\t"), absl::SkipEmpty());
    if (words.empty()) continue;
    Target target{.name = std::string(words[0]),
                  .declared_in = file.path,
                  .line = LineAt(text, kind.data()),
                  .folder = TargetFolderOf(file.path),
                  .sources = {},
                  .deps = {}};
    FillTarget(words, &target);
    targets.push_back(std::move(target));
  }
  return targets;
}

std::vector<Finding> CheckTargets(const std::vector<SourceFile>& files) {
  std::vector<Finding> findings;
  std::vector<Target> targets;
  for (const SourceFile& file : files) {
    if (!IsCMake(file.path)) continue;
    CheckCommands(file, &findings);
    std::vector<Target> more = TargetsIn(file);
    std::move(more.begin(), more.end(), std::back_inserter(targets));
  }
  FolderOfTarget folders;
  std::map<std::string, int> listed;
  for (const Target& target : targets) {
    folders[target.name] = target.folder;
    for (const std::string& source : target.sources) ++listed[source];
  }
  for (const Target& target : targets) CheckDeps(target, folders, &findings);

  std::set<std::string> with_library;
  for (const Target& target : targets) {
    if (!absl::StartsWith(target.name, "crm_")) continue;
    if (!with_library.insert(target.folder).second) {
      findings.push_back(
          {target.declared_in, target.line,
           absl::StrCat("'", target.folder, "' has a library already.")});
    }
  }
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".cc") || !IsOurCode(file.path)) continue;
    const int count = listed[file.path];
    if (count == 1) continue;
    findings.push_back({file.path, 0,
                        count == 0 ? "is listed by no target."
                                   : "is listed by more than one target."});
  }
  return findings;
}

}  // namespace crm::structure
