// The matrix of roles as authz_matrix.txt states it.

#ifndef CRM_TESTS_CONFORMANCE_AUTHZ_MATRIX_H_
#define CRM_TESTS_CONFORMANCE_AUTHZ_MATRIX_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm::testing {

// Whose a row is, as a caller sees it.
enum class RowKind {
  // The caller's.
  kOwn,
  // Somebody's in the caller's team.
  kMate,
  // Somebody's elsewhere in the tenant.
  kFar,
  // Another tenant's, though its owner has the caller's subject.
  kForeign,
  // Nobody's: there is no such row.
  kMissing,
};

// Which rows a permission reaches: none (' '), all ('a'), the team's ('o'), the
// caller's own ('w') or a customer's ('p').
using MatrixScope = char;

// What is allowed; everything else is denied.
class AuthzMatrix {
 public:
  // Reads the file; ends the test program if it is malformed.
  static AuthzMatrix Read(const std::string& path);

  std::vector<std::string> roles() const;

  // Returns which rows `role` reaches by `permission`, as `leads.get`.
  MatrixScope ScopeOf(const std::string& role,
                      const std::string& permission) const;

 private:
  std::map<std::string, std::map<std::string, MatrixScope>> scopes_;
};

// Returns whether `scope` reaches a row that is `kind` to the caller, whose
// token names no customer. `owned` says whether rows of the type have owners.
bool Reaches(MatrixScope scope, RowKind kind, bool owned);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_AUTHZ_MATRIX_H_
