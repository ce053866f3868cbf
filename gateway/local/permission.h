// Whether a caller may use a method that the gateway answers itself.

#ifndef CRM_GATEWAY_LOCAL_PERMISSION_H_
#define CRM_GATEWAY_LOCAL_PERMISSION_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/auth/roles.h"
#include "shared/base/errors.h"
#include "shared/call/principal.h"

namespace crm::gateway {

// Returns PERMISSION_DENIED (PERMISSION_DENIED) unless a role of `principal`
// grants `permission`.
inline absl::Status CheckPermission(const RoleTable& roles,
                                    const Principal& principal,
                                    absl::string_view permission) {
  if (roles.Allows(principal.roles, permission)) return absl::OkStatus();
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("The call needs the permission '", permission,
                   "', which none of your roles grants."),
      {{"permission", std::string(permission)}});
}

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_PERMISSION_H_
