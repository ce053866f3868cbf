// Decides by the method's permission and the caller's roles whether a call may
// go on. It comes before anything of the request is looked at (AIP-211).

#ifndef CRM_SHARED_RPC_AUTHORIZE_FILTER_H_
#define CRM_SHARED_RPC_AUTHORIZE_FILTER_H_

#include "absl/status/status.h"
#include "shared/auth/roles.h"
#include "shared/call/call.h"

namespace crm {

// Refuses what no role of the caller grants. Permissions that begin with
// `internal.` are granted to the suite's own processes and by no role.
// Thread-safe.
class AuthorizeFilter final : public CallFilter {
 public:
  // `roles` outlives the filter.
  explicit AuthorizeFilter(const RoleTable& roles) : roles_(roles) {}

  // Returns PERMISSION_DENIED with reason PERMISSION_DENIED that names the
  // missing permission.
  absl::Status Begin(Call& call) override;

 private:
  const RoleTable& roles_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_AUTHORIZE_FILTER_H_
