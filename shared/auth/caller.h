// What one caller may do: his roles put together, and who he is to the rows
// that they reach.

#ifndef CRM_SHARED_AUTH_CALLER_H_
#define CRM_SHARED_AUTH_CALLER_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shared/auth/roles.h"

namespace crm {

// One grant of a permission: rows, and what is hidden in them.
struct AccessGrant {
  // The role that it comes from.
  std::string role;
  RowScope scope = RowScope::kAll;
  std::string expression;
  // Paths in the resources of the permission's collection.
  std::vector<std::string> hidden_fields;
  std::vector<std::string> read_only_fields;
};

// All grants of one permission.
struct Access {
  std::vector<AccessGrant> grants;
  // Whether some grant reaches all rows and all fields, for reading and
  // writing.
  bool everything = false;

  bool allowed() const { return !grants.empty(); }
};

// Who the caller is to rows.
struct CallerIdentity {
  std::string tenant;
  std::string subject;
  // The name of his user, as `users/ada`; empty without one.
  std::string user;
  // The customer that bounds all he reaches; empty for none.
  std::string customer;
  // The labels of his user.
  std::map<std::string, std::string> labels;
  // The subjects whose rows the scope kTeam reaches: his own among them.
  std::set<std::string> team_subjects;
};

// A caller, as of one state of the tenant's users, teams and roles.
// Thread-safe.
class Caller {
 public:
  // `roles` are the definitions that hold for him, `built_in` those of the
  // whole suite.
  Caller(CallerIdentity identity, std::vector<RoleDefinition> roles,
         std::shared_ptr<const RoleTable> built_in);

  const CallerIdentity& identity() const { return identity_; }
  const std::vector<RoleDefinition>& roles() const { return roles_; }
  const RoleTable& built_in_roles() const { return *built_in_; }

  // Returns what `permission` gives him. The reference lives as long as this.
  const Access& AccessTo(absl::string_view permission) const;

  // Returns whether he holds all that `grant` gives: nobody gives more.
  bool Holds(const Grant& grant) const;

  // Returns the value made by `make` the first time that `key` was asked for: a
  // place for what others compute of this caller and use again.
  std::shared_ptr<const void> Keep(
      absl::string_view key,
      const std::function<std::shared_ptr<const void>()>& make) const;

 private:
  Access Compute(absl::string_view permission) const;

  const CallerIdentity identity_;
  const std::vector<RoleDefinition> roles_;
  const std::shared_ptr<const RoleTable> built_in_;
  mutable std::shared_mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<const Access>, std::less<>>
      access_;
  mutable std::map<std::string, std::shared_ptr<const void>, std::less<>> kept_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_CALLER_H_
