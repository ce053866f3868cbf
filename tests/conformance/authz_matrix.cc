#include "tests/conformance/authz_matrix.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace crm::testing {
namespace {

[[noreturn]] void Malformed(const std::string& line) {
  std::cerr << "The matrix has a line that is none: " << line << "\n";
  std::abort();
}

// The verbs of a letter.
std::vector<std::string> VerbsOf(char letter, const std::string& line) {
  switch (letter) {
    case 'C':
      return {"create"};
    case 'R':
      return {"get", "list"};
    case 'U':
      return {"update"};
    case 'D':
      return {"delete", "undelete"};
    default:
      Malformed(line);
  }
}

}  // namespace

AuthzMatrix AuthzMatrix::Read(const std::string& path) {
  std::ifstream file(path);
  if (!file) Malformed(path);
  AuthzMatrix matrix;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> halves = absl::StrSplit(line, ": ");
    if (halves.size() != 2) Malformed(line);
    auto& scopes = matrix.scopes_[halves[0]];
    for (const absl::string_view entry : absl::StrSplit(halves[1], ' ')) {
      const std::vector<std::string> sides = absl::StrSplit(entry, '=');
      if (sides.size() != 2) Malformed(line);
      const std::vector<std::string> verbs = absl::StrSplit(sides[1], '+');
      std::string letters = verbs[0];
      MatrixScope scope = 'a';
      if (!letters.empty() && absl::ascii_islower(letters.back())) {
        scope = letters.back();
        letters.pop_back();
      }
      const auto allow = [&](const std::string& verb) {
        scopes[absl::StrCat(sides[0], ".", verb)] = scope;
      };
      for (const char letter : letters) {
        for (const std::string& verb : VerbsOf(letter, line)) allow(verb);
      }
      for (size_t i = 1; i < verbs.size(); ++i) allow(verbs[i]);
    }
  }
  return matrix;
}

std::vector<std::string> AuthzMatrix::roles() const {
  std::vector<std::string> roles;
  for (const auto& [role, scopes] : scopes_) roles.push_back(role);
  return roles;
}

MatrixScope AuthzMatrix::ScopeOf(const std::string& role,
                                 const std::string& permission) const {
  const auto scopes = scopes_.find(role);
  if (scopes == scopes_.end()) return ' ';
  const auto scope = scopes->second.find(permission);
  return scope == scopes->second.end() ? ' ' : scope->second;
}

bool Reaches(MatrixScope scope, RowKind kind, bool owned) {
  if (kind == RowKind::kForeign || kind == RowKind::kMissing) return false;
  switch (scope) {
    case 'a':
      return true;
    case 'o':
      return owned && kind != RowKind::kFar;
    case 'w':
      return owned && kind == RowKind::kOwn;
    default:
      return false;
  }
}

}  // namespace crm::testing
