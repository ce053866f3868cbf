#include "shared/auth/caller.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace crm {
namespace {

// Returns the paths of the `fields` that lie in `collection`.
std::vector<std::string> PathsIn(const std::vector<std::string>& fields,
                                 absl::string_view collection) {
  std::vector<std::string> paths;
  for (const std::string& field : fields) {
    if (CollectionOf(field) != collection) continue;
    paths.push_back(field.substr(collection.size() + 1));
  }
  return paths;
}

// Returns whether rows of scope `wide` include those of `narrow`.
bool Includes(const Grant& wide, const Grant& narrow) {
  if (wide.scope == RowScope::kAll) return true;
  if (wide.scope == RowScope::kTeam && narrow.scope == RowScope::kOwn) {
    return true;
  }
  return wide.scope == narrow.scope && wide.expression == narrow.expression;
}

}  // namespace

Caller::Caller(CallerIdentity identity, std::vector<RoleDefinition> roles,
               std::shared_ptr<const RoleTable> built_in)
    : identity_(std::move(identity)),
      roles_(std::move(roles)),
      built_in_(std::move(built_in)) {}

const Access& Caller::AccessTo(absl::string_view permission) const {
  {
    std::shared_lock lock(mutex_);
    const auto found = access_.find(permission);
    if (found != access_.end()) return *found->second;
  }
  auto access = std::make_unique<const Access>(Compute(permission));
  std::lock_guard lock(mutex_);
  return *access_.try_emplace(std::string(permission), std::move(access))
              .first->second;
}

Access Caller::Compute(absl::string_view permission) const {
  Access access;
  const absl::string_view collection = CollectionOf(permission);
  for (const RoleDefinition& role : roles_) {
    for (const Grant& grant : role.grants) {
      if (!GrantCovers(grant.permission, permission)) continue;
      AccessGrant given{
          .role = role.name,
          .scope = grant.scope,
          .expression = grant.expression,
          .hidden_fields = PathsIn(role.hidden_fields, collection),
          .read_only_fields = PathsIn(role.read_only_fields, collection)};
      access.everything =
          access.everything ||
          (identity_.customer.empty() && grant.scope == RowScope::kAll &&
           given.hidden_fields.empty() && given.read_only_fields.empty());
      access.grants.push_back(std::move(given));
    }
  }
  return access;
}

bool Caller::Holds(const Grant& grant) const {
  // What is bounded by a customer is nobody's to give.
  if (!identity_.customer.empty()) return false;
  return std::any_of(
      roles_.begin(), roles_.end(), [&](const RoleDefinition& role) {
        return std::any_of(
            role.grants.begin(), role.grants.end(), [&](const Grant& held) {
              return GrantCovers(held.permission, grant.permission) &&
                     Includes(held, grant);
            });
      });
}

std::shared_ptr<const void> Caller::Keep(
    absl::string_view key,
    const std::function<std::shared_ptr<const void>()>& make) const {
  {
    std::shared_lock lock(mutex_);
    const auto found = kept_.find(key);
    if (found != kept_.end()) return found->second;
  }
  std::shared_ptr<const void> made = make();
  std::lock_guard lock(mutex_);
  return kept_.try_emplace(std::string(key), std::move(made)).first->second;
}

}  // namespace crm
