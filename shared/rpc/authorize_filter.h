// Decides by the method's permission and the caller's roles whether a call may
// go on. It comes before anything of the request is looked at (AIP-211).

#ifndef CRM_SHARED_RPC_AUTHORIZE_FILTER_H_
#define CRM_SHARED_RPC_AUTHORIZE_FILTER_H_

#include "absl/status/status.h"
#include "shared/auth/directory.h"
#include "shared/call/call.h"

namespace crm {

// Finds out what the caller may do, and refuses what no role of his grants for
// any row; which rows is for the handler to heed, by the call's `caller`.
// Permissions that begin with `internal.` are granted to the suite's own
// processes alone. Thread-safe.
class AuthorizeFilter final : public CallFilter {
 public:
  // `callers` outlives the filter.
  explicit AuthorizeFilter(CallerSource& callers) : callers_(callers) {}

  // Returns PERMISSION_DENIED with reason PERMISSION_DENIED that names the
  // missing permission, and what CallerSource::Find returns.
  absl::Status Begin(Call& call) override;

 private:
  CallerSource& callers_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_AUTHORIZE_FILTER_H_
