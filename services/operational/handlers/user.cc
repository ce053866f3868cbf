#include "services/operational/handlers/user.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/operational/domain/access.h"
#include "shared/query/field_path.h"
#include "shared/reflect/known_api.h"
#include "shared/resource/directory_tables.h"
#include "shared/resource/row_expression.h"

namespace crm::operational {
namespace {

constexpr char kSystemRole[] = "system";

absl::Status ExceedsHolding(absl::string_view what) {
  return PermissionDenied(
      "GRANT_EXCEEDS_HOLDING",
      absl::StrCat("Nobody grants more than he holds, and your roles do not "
                   "give you all of '",
                   what, "'."),
      {{"grant", std::string(what)}});
}

absl::Status CheckHolds(const CallContext& call, const RoleDefinition& role) {
  for (const Grant& grant : role.grants) {
    if (!call.caller->Holds(grant)) return ExceedsHolding(grant.permission);
  }
  return absl::OkStatus();
}

// Returns whether some permission of the suite is granted.
bool GrantsSomething(absl::string_view grant) {
  const auto& known = KnownPermissions();
  return std::any_of(known.begin(), known.end(), [&](const auto& permission) {
    return GrantCovers(grant, permission);
  });
}

// Checks one field of `hidden_fields` or `read_only_fields`.
std::optional<FieldViolation> CheckField(const std::string& field,
                                         const std::string& at) {
  const absl::string_view collection = CollectionOf(field);
  const auto* resource = FindResourceMessage(collection);
  if (resource == nullptr || field.size() <= collection.size() + 1 ||
      !FindFieldPath(*resource, field.substr(collection.size() + 1))
           .has_value()) {
    return FieldViolation{at,
                          "must name a collection and a field of it, as "
                          "'contacts.email'."};
  }
  if (field.substr(collection.size() + 1) == "name") {
    return FieldViolation{at, "may not be the name, which all refer to."};
  }
  return std::nullopt;
}

// Checks one grant of a role, whose path is `at`.
void CheckGrant(const v1::Role::Grant& grant, const std::string& at,
                const RuleContext& context,
                std::vector<FieldViolation>& violations) {
  std::set<std::string> collections;
  for (int i = 0; i < grant.permissions_size(); ++i) {
    const std::string& permission = grant.permissions(i);
    const std::string field = absl::StrCat(at, ".permissions[", i, "]");
    if (!IsGrant(permission) || CollectionOf(permission) == "internal" ||
        !GrantsSomething(permission)) {
      violations.push_back(
          {field,
           "must be a permission, as 'leads.get', 'leads.*' or '*.get'."});
    }
    collections.emplace(CollectionOf(permission));
  }
  if (grant.scope() != v1::Role::EXPRESSION) {
    if (!grant.expression().empty()) {
      violations.push_back({absl::StrCat(at, ".expression"),
                            "goes with the scope EXPRESSION only."});
    }
    return;
  }
  const auto* resource = collections.size() == 1
                             ? FindResourceMessage(*collections.begin())
                             : nullptr;
  if (resource == nullptr) {
    violations.push_back(
        {absl::StrCat(at, ".permissions"),
         "must all be of one collection, where an expression is."});
    return;
  }
  const absl::Status checked = CheckRowExpression(
      grant.expression(), resource, absl::StrCat(at, ".expression"),
      context.find_custom_field);
  for (FieldViolation& violation : FieldViolations(checked)) {
    violations.push_back(std::move(violation));
  }
}

}  // namespace

absl::StatusOr<v1::User> HandleRevokeUserSessions(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::RevokeUserSessionsRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::User user, transaction.GetLive<v1::User>(
                                          request.name(), request.etag()));
  user = RevokeSessions(std::move(user), transaction.now());
  transaction.Update(user);
  return user;
}

absl::Status AuthorizeUser(const v1::User* before, const v1::User& after,
                           const CallContext& call,
                           const RuleContext& context) {
  // What was given before, and to the same subject, needs nobody's leave now.
  std::vector<FieldViolation> violations;
  for (int i = 0; i < after.roles_size(); ++i) {
    const std::string& name = after.roles(i);
    if (before != nullptr &&
        std::find(before->roles().begin(), before->roles().end(), name) !=
            before->roles().end()) {
      continue;
    }
    const RoleDefinition* built_in = call.caller->built_in_roles().Find(name);
    const auto* own = context.Find<v1::Role>(absl::StrCat("roles/", name));
    if (name == kSystemRole ||
        (built_in == nullptr && (own == nullptr || own->has_delete_time()))) {
      violations.push_back({absl::StrCat("user.roles[", i, "]"),
                            "names no role that users can have."});
      continue;
    }
    CRM_RETURN_IF_ERROR(CheckHolds(
        call, built_in != nullptr ? *built_in : ToRoleDefinition(*own)));
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status AuthorizeRole(const v1::Role* before, const v1::Role& after,
                           const CallContext& call,
                           const RuleContext& context) {
  const RoleDefinition role = ToRoleDefinition(after);
  if (before == nullptr &&
      call.caller->built_in_roles().Find(role.name) != nullptr) {
    return AlreadyExists("ROLE_BUILT_IN",
                         absl::StrCat("'", role.name,
                                      "' is a built-in role, which cannot be "
                                      "replaced; choose another id."),
                         {{"name", after.name()}});
  }
  std::vector<FieldViolation> violations;
  for (int i = 0; i < after.grants_size(); ++i) {
    CheckGrant(after.grants(i), absl::StrCat("role.grants[", i, "]"), context,
               violations);
  }
  for (int i = 0; i < after.hidden_fields_size(); ++i) {
    if (auto bad = CheckField(after.hidden_fields(i),
                              absl::StrCat("role.hidden_fields[", i, "]"))) {
      violations.push_back(*std::move(bad));
    }
  }
  for (int i = 0; i < after.read_only_fields_size(); ++i) {
    if (auto bad = CheckField(after.read_only_fields(i),
                              absl::StrCat("role.read_only_fields[", i, "]"))) {
      violations.push_back(*std::move(bad));
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  return CheckHolds(call, role);
}

}  // namespace crm::operational
