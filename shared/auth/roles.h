// Which permissions a role grants, as data.
//
//   # A role, a colon, its grants; a line that starts with a space goes on.
//   sales_rep: customers.get customers.list leads.*
//              changes.watch
//   auditor: auditEntries.* *.list
//
// A permission is a collection, a dot and a verb (`leads.convert`). A grant is
// a permission, all verbs of a collection (`leads.*`), one verb of all
// collections
// (`*.get`), or everything (`*`). What is not granted is denied, and there is
// no way to take a grant back. The collection `internal` is apart: only the
// role `system` may have it, no wildcard reaches it from outside.

#ifndef CRM_SHARED_AUTH_ROLES_H_
#define CRM_SHARED_AUTH_ROLES_H_

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// The grants of all roles. Immutable.
class RoleTable {
 public:
  // Reads a table. Returns INVALID_ARGUMENT (BAD_ROLES) that names the line if
  // one is malformed, a role stands twice, or another role than `system` is
  // granted something internal.
  static absl::StatusOr<RoleTable> Parse(absl::string_view text);

  // Returns whether one of `roles` grants `permission`. Unknown roles grant
  // nothing.
  bool Allows(std::span<const std::string> roles,
              absl::string_view permission) const;

  // Returns the names of all roles, sorted.
  std::vector<std::string> RoleNames() const;

 private:
  using Names = std::set<std::string, std::less<>>;

  // What one role grants.
  struct Grants {
    bool everything = false;
    Names permissions;
    Names collections;
    Names verbs;
  };

  static absl::Status AddGrant(absl::string_view role, absl::string_view grant,
                               Grants& grants);

  std::map<std::string, Grants, std::less<>> roles_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_ROLES_H_
