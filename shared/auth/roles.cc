#include "shared/auth/roles.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

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

absl::Status BadRoles(absl::string_view what) {
  return InvalidArgument("BAD_ROLES", what);
}

std::optional<RowScope> ScopeOf(absl::string_view name) {
  if (name == "all") return RowScope::kAll;
  if (name == "team") return RowScope::kTeam;
  if (name == "own") return RowScope::kOwn;
  if (name == "customer") return RowScope::kCustomer;
  return std::nullopt;
}

// Reads one word of the table into `role`.
absl::Status ReadWord(absl::string_view word, RoleDefinition& role) {
  absl::string_view field = word;
  if (absl::ConsumePrefix(&field, "hide:")) {
    role.hidden_fields.emplace_back(field);
    return absl::OkStatus();
  }
  if (absl::ConsumePrefix(&field, "read_only:")) {
    role.read_only_fields.emplace_back(field);
    return absl::OkStatus();
  }
  Grant grant;
  const size_t at = word.find('@');
  grant.permission = std::string(word.substr(0, at));
  absl::string_view rows =
      at == word.npos ? absl::string_view() : word.substr(at + 1);
  if (absl::ConsumePrefix(&rows, "where:")) {
    grant.scope = RowScope::kExpression;
    grant.expression = std::string(rows);
  } else if (at != word.npos) {
    const auto scope = ScopeOf(rows);
    if (!scope.has_value()) {
      return BadRoles(absl::StrCat("'", word,
                                   "' has no rows; write '@all', '@team', "
                                   "'@own', '@customer' or '@where:' and a "
                                   "filter."));
    }
    grant.scope = *scope;
  }
  role.grants.push_back(std::move(grant));
  return absl::OkStatus();
}

absl::Status CheckGrant(const RoleDefinition& role, const Grant& grant) {
  if (CollectionOf(grant.permission) == kInternal && role.name != kSystem) {
    return BadRoles(absl::StrCat("Role '", role.name, "' cannot have '",
                                 grant.permission,
                                 "': only 'system' calls what is internal."));
  }
  if (IsGrant(grant.permission)) return absl::OkStatus();
  return BadRoles(absl::StrCat("'", grant.permission,
                               "' is not a grant; write 'collection.verb', "
                               "'collection.*', '*.verb' or '*'."));
}

absl::Status CheckField(absl::string_view field) {
  const absl::string_view collection = CollectionOf(field);
  if (IsWord(collection) && field.size() > collection.size() + 1) {
    return absl::OkStatus();
  }
  return BadRoles(
      absl::StrCat("'", field, "' is not a field; write 'collection.field'."));
}

}  // namespace

absl::string_view CollectionOf(absl::string_view permission) {
  return permission.substr(0, permission.find('.'));
}

bool IsGrant(absl::string_view text) {
  absl::string_view rest = text;
  if (text == "*" || IsPermission(text)) return true;
  if (absl::ConsumePrefix(&rest, "*.")) return IsWord(rest);
  return absl::ConsumeSuffix(&rest, ".*") && IsWord(rest);
}

bool GrantCovers(absl::string_view grant, absl::string_view permission) {
  if (grant == permission) return true;
  const absl::string_view collection = CollectionOf(permission);
  absl::string_view rest = grant;
  if (absl::ConsumeSuffix(&rest, ".*") && rest == collection) return true;
  if (collection == kInternal) return false;
  if (grant == "*") return true;
  rest = grant;
  return absl::ConsumePrefix(&rest, "*.") &&
         permission.size() > collection.size() &&
         permission.substr(collection.size() + 1) == rest;
}

absl::Status RoleTable::Add(RoleDefinition role) {
  for (const Grant& grant : role.grants) {
    CRM_RETURN_IF_ERROR(CheckGrant(role, grant));
  }
  for (const auto* fields : {&role.hidden_fields, &role.read_only_fields}) {
    for (const std::string& field : *fields) {
      CRM_RETURN_IF_ERROR(CheckField(field));
    }
  }
  std::string name = role.name;
  if (!roles_.try_emplace(std::move(name), std::move(role)).second) {
    return BadRoles("the role stands twice.");
  }
  return absl::OkStatus();
}

absl::StatusOr<RoleTable> RoleTable::Parse(absl::string_view text) {
  RoleTable table;
  RoleDefinition* current = nullptr;
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
      current = &added->second;
      current->name = std::string(role);
      line.remove_prefix(colon + 1);
    } else if (current == nullptr) {
      return at_line("grants without a role.");
    }
    for (const absl::string_view word :
         absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
      RoleDefinition read{.name = current->name};
      absl::Status status = ReadWord(word, read);
      if (status.ok()) status = RoleTable().Add(read);
      if (!status.ok()) return at_line(status.message());
      std::move(read.grants.begin(), read.grants.end(),
                std::back_inserter(current->grants));
      std::move(read.hidden_fields.begin(), read.hidden_fields.end(),
                std::back_inserter(current->hidden_fields));
      std::move(read.read_only_fields.begin(), read.read_only_fields.end(),
                std::back_inserter(current->read_only_fields));
    }
  }
  return table;
}

bool RoleTable::Allows(std::span<const std::string> roles,
                       absl::string_view permission) const {
  if (!IsPermission(permission)) return false;
  for (const std::string& name : roles) {
    const RoleDefinition* role = Find(name);
    if (role == nullptr) continue;
    for (const Grant& grant : role->grants) {
      if (GrantCovers(grant.permission, permission)) return true;
    }
  }
  return false;
}

bool RoleTable::AllowsEverywhere(std::span<const std::string> roles,
                                 absl::string_view permission) const {
  if (!IsPermission(permission)) return false;
  for (const std::string& name : roles) {
    const RoleDefinition* role = Find(name);
    if (role == nullptr || !role->hidden_fields.empty()) continue;
    for (const Grant& grant : role->grants) {
      if (grant.scope == RowScope::kAll &&
          GrantCovers(grant.permission, permission)) {
        return true;
      }
    }
  }
  return false;
}

const RoleDefinition* RoleTable::Find(absl::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

std::vector<std::string> RoleTable::RoleNames() const {
  std::vector<std::string> names;
  for (const auto& [name, role] : roles_) names.push_back(name);
  return names;
}

}  // namespace crm
