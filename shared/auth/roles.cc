#include "shared/auth/roles.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr absl::string_view kInternal = "internal";
constexpr absl::string_view kSystem = "system";

bool IsRole(absl::string_view name) {
  return !name.empty() && absl::ascii_islower(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

// A collection or verb: lower camel case.
bool IsWord(absl::string_view word) {
  return !word.empty() && absl::ascii_islower(word.front()) &&
         std::all_of(word.begin(), word.end(), absl::ascii_isalnum);
}

bool IsPermission(absl::string_view text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, '.');
  return words.size() >= 2 && std::all_of(words.begin(), words.end(), IsWord);
}

absl::string_view CollectionOf(absl::string_view permission) {
  return permission.substr(0, permission.find('.'));
}

absl::Status BadRoles(absl::string_view what) {
  return InvalidArgument("BAD_ROLES", what);
}

}  // namespace

absl::Status RoleTable::AddGrant(absl::string_view role,
                                 absl::string_view grant, Grants& grants) {
  if (CollectionOf(grant) == kInternal && role != kSystem) {
    return BadRoles(absl::StrCat("Role '", role, "' cannot have '", grant,
                                 "': only 'system' calls what is internal."));
  }
  absl::string_view rest = grant;
  if (grant == "*") {
    grants.everything = true;
  } else if (IsPermission(grant)) {
    grants.permissions.insert(std::string(grant));
  } else if (absl::ConsumePrefix(&rest, "*.") && IsWord(rest)) {
    grants.verbs.insert(std::string(rest));
  } else if (rest = grant; absl::ConsumeSuffix(&rest, ".*") && IsWord(rest)) {
    grants.collections.insert(std::string(rest));
  } else {
    return BadRoles(absl::StrCat("'", grant,
                                 "' is not a grant; write "
                                 "'collection.verb', 'collection.*', '*.verb' "
                                 "or '*'."));
  }
  return absl::OkStatus();
}

absl::StatusOr<RoleTable> RoleTable::Parse(absl::string_view text) {
  RoleTable table;
  auto current = table.roles_.end();
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = line.substr(0, line.find('#'));
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const auto at_line = [number](absl::string_view what) {
      return BadRoles(absl::StrCat("Line ", number, ": ", what));
    };
    if (!absl::ascii_isspace(line.front())) {
      const size_t colon = line.find(':');
      const absl::string_view role = line.substr(0, colon);
      if (colon == line.npos || !IsRole(role)) {
        return at_line("a role is lower case and ends in a colon.");
      }
      const auto [added, is_new] = table.roles_.try_emplace(std::string(role));
      if (!is_new) return at_line("the role stands twice.");
      current = added;
      line.remove_prefix(colon + 1);
    } else if (current == table.roles_.end()) {
      return at_line("grants without a role.");
    }
    for (const absl::string_view grant :
         absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
      const absl::Status added =
          AddGrant(current->first, grant, current->second);
      if (!added.ok()) return at_line(added.message());
    }
  }
  return table;
}

bool RoleTable::Allows(std::span<const std::string> roles,
                       absl::string_view permission) const {
  if (!IsPermission(permission)) return false;
  const absl::string_view collection = CollectionOf(permission);
  const absl::string_view verb = permission.substr(collection.size() + 1);
  for (const std::string& role : roles) {
    const auto found = roles_.find(role);
    if (found == roles_.end()) continue;
    const Grants& grants = found->second;
    if (grants.permissions.contains(permission) ||
        grants.collections.contains(collection)) {
      return true;
    }
    if (collection == kInternal) continue;
    if (grants.everything || grants.verbs.contains(verb)) return true;
  }
  return false;
}

std::vector<std::string> RoleTable::RoleNames() const {
  std::vector<std::string> names;
  for (const auto& [name, grants] : roles_) names.push_back(name);
  return names;
}

}  // namespace crm
