// One call's way through the filters, whatever transport it came by.

#ifndef CRM_SHARED_RPC_FILTER_PASS_H_
#define CRM_SHARED_RPC_FILTER_PASS_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "shared/call/call.h"

namespace crm {

// Runs each filter's Begin, and later the End of those that began. Filters
// outlive it. Thread-compatible.
class FilterPass {
 public:
  explicit FilterPass(const std::vector<CallFilter*>& filters)
      : filters_(filters) {}

  // Runs Begin in order until a filter fails, and returns what that one said.
  // An exception becomes INTERNAL.
  absl::Status Begin(Call& call);

  // Runs End, in reverse order, of every filter whose Begin was run.
  void End(const Call& call, const absl::Status& status);

 private:
  const std::vector<CallFilter*>& filters_;
  size_t begun_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_FILTER_PASS_H_
