// The role table that holds unless a file replaces it.

#ifndef CRM_SHARED_AUTH_DEFAULT_ROLES_H_
#define CRM_SHARED_AUTH_DEFAULT_ROLES_H_

#include "absl/strings/string_view.h"

namespace crm {

// Returns the table as text, for RoleTable::Parse and as a start for one's own.
absl::string_view DefaultRoles();

}  // namespace crm

#endif  // CRM_SHARED_AUTH_DEFAULT_ROLES_H_
