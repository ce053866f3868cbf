// Ends calls whose deadline has passed before any work is done for them.

#ifndef CRM_SHARED_RPC_DEADLINE_FILTER_H_
#define CRM_SHARED_RPC_DEADLINE_FILTER_H_

#include "absl/status/status.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"

namespace crm {

// Returns DEADLINE_EXCEEDED with reason DEADLINE_EXCEEDED.
absl::Status DeadlineExceeded();

// Compares each call's deadline with the clock. Thread-safe.
class DeadlineFilter final : public CallFilter {
 public:
  // `clock` outlives the filter.
  explicit DeadlineFilter(const Clock& clock) : clock_(clock) {}

  // Returns DeadlineExceeded() for a call that is too late.
  absl::Status Begin(Call& call) override;

 private:
  const Clock& clock_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_DEADLINE_FILTER_H_
