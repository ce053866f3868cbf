// Which permissions a role grants, for which rows and fields, as data.
//
//   # A role, a colon, its grants; a line that starts with a space goes on.
//   sales_rep: products.get leads.get@team leads.*@own
//              changes.watch hide:contacts.email read_only:leads.owner
//   auditor: auditEntries.* *.list
//
// A permission is a collection, a dot and a verb (`leads.convert`). A grant is
// a permission, all verbs of a collection (`leads.*`), one verb of all
// collections (`*.get`), or everything (`*`); `@all`, `@team`, `@own`,
// `@customer` or, for those that a filter without spaces is true of,
// `@where:sharing=SHARED` after it says for which rows, all without one. What is not
// granted is denied, and there is no way to take a grant back. The collection
// `internal` is apart: only the role `system` may have it, no wildcard reaches
// it from outside.
//
// `hide:` and `read_only:` name fields by collection and path. They concern
// what the role itself grants: another role of the caller may show what this
// one hides.

#ifndef CRM_SHARED_AUTH_ROLES_H_
#define CRM_SHARED_AUTH_ROLES_H_

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// Which rows a grant is for.
enum class RowScope {
  kAll,
  // Owned by the caller, or by somebody in his teams and those below them.
  kTeam,
  // Owned by the caller.
  kOwn,
  // The customer that the credential names, and what belongs to it.
  kCustomer,
  // What a filter is true of.
  kExpression,
};

// A permission, perhaps with wildcards, and its rows.
struct Grant {
  std::string permission;
  RowScope scope = RowScope::kAll;
  // The filter of kExpression.
  std::string expression = {};
};

// A role.
struct RoleDefinition {
  std::string name;
  std::vector<Grant> grants = {};
  // Fields by collection and path, as `contacts.email`.
  std::vector<std::string> hidden_fields = {};
  std::vector<std::string> read_only_fields = {};
};

// Returns the collection of a permission or of a field: `leads` of
// `leads.convert`.
absl::string_view CollectionOf(absl::string_view permission);

// Returns whether `text` can be the permission of a grant.
bool IsGrant(absl::string_view text);

// Returns whether what `grant` names includes `permission`, which may be a
// grant itself.
bool GrantCovers(absl::string_view grant, absl::string_view permission);

// The definitions of all roles. Immutable but for Add().
class RoleTable {
 public:
  // Reads a table. Returns INVALID_ARGUMENT (BAD_ROLES) that names the line if
  // one is malformed, a role stands twice, or another role than `system` is
  // granted something internal.
  static absl::StatusOr<RoleTable> Parse(absl::string_view text);

  // Adds `role`. Returns INVALID_ARGUMENT (BAD_ROLES) as Parse.
  absl::Status Add(RoleDefinition role);

  // Returns whether one of `roles` grants `permission` for any row. Unknown
  // roles grant nothing.
  bool Allows(std::span<const std::string> roles,
              absl::string_view permission) const;

  // Returns whether one of `roles` grants `permission` for all rows and hides
  // no field.
  bool AllowsEverywhere(std::span<const std::string> roles,
                        absl::string_view permission) const;

  // Returns the role called `name`, or null. It lives as long as the table.
  const RoleDefinition* Find(absl::string_view name) const;

  // Returns the names of all roles, sorted.
  std::vector<std::string> RoleNames() const;

 private:
  std::map<std::string, RoleDefinition, std::less<>> roles_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_ROLES_H_
