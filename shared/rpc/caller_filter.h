// Decides by the certificate of the calling process whether it may call the
// method at all. The user's token is looked at later and as usual.

#ifndef CRM_SHARED_RPC_CALLER_FILTER_H_
#define CRM_SHARED_RPC_CALLER_FILTER_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "shared/call/call.h"

namespace crm {

// Refuses processes that are of another namespace or that the caller table
// does not let in. Thread-safe.
class CallerFilter final : public CallFilter {
 public:
  // `space` is the namespace of this process.
  explicit CallerFilter(std::string space) : space_(std::move(space)) {}

  // Returns PERMISSION_DENIED with reason CALLER_UNKNOWN for a connection
  // without the certificate of a service of this namespace, CALLER_NOT_ALLOWED
  // for one whose service may not call the method.
  absl::Status Begin(Call& call) override;

 private:
  const std::string space_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_CALLER_FILTER_H_
