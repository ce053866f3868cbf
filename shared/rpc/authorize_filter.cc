#include "shared/rpc/authorize_filter.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {

absl::Status AuthorizeFilter::Begin(Call& call) {
  const std::string& permission = call.context.method->permission;
  const Principal& principal = call.context.principal;
  CRM_ASSIGN_OR_RETURN(call.context.caller, callers_.Find(principal));
  const bool internal = absl::StartsWith(permission, "internal.");
  if ((!internal || principal.system) &&
      call.context.caller->AccessTo(permission).allowed()) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("The call needs the permission '", permission,
                   "', which none of your roles grants."),
      {{"permission", permission}});
}

}  // namespace crm
